"""The `k3s` command: one small file per sub-command. Parses, calls, prints."""
