"""Types and resources of the built-in API: `served` says what is served, `pack` carries the types of its objects."""
