"""Composition roots: what `server` and `agent` start, in which order, and the supervisor of the child processes."""
