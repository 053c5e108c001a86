"""Flags, K3S_* environment and config.yaml merged into frozen settings; the path layout of the data directory."""
