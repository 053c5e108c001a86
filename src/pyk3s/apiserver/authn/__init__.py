"""Authentication: from a request's credentials to a user."""
