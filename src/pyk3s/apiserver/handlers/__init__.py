"""One handler per verb of the API: from a call to an outcome."""
