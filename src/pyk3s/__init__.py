"""pyk3s: a K3s-compatible Kubernetes distribution in Python. The map of the folders is docs/architecture.md."""
