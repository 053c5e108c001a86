"""The container runtime interface: a gRPC client for CRI v1 and the configuration of containerd. Knows no
Kubernetes object.
"""
