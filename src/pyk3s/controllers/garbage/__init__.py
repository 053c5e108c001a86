"""Garbage collector: deletes what its owners have left behind, in the order that deletions ask for."""
