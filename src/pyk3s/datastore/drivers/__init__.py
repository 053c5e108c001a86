"""Datastore drivers, one module or folder per URL scheme."""
