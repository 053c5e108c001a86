"""One module per command; each has a COMMAND, which `catalogue` finds by the module's name."""
