"""Sub-resources that are more than a view of their object: each a handler found by resource and name."""
