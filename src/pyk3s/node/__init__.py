"""The kubelet: registers the node, renews its Lease, runs pods through `cri`, probes, volumes, status, its HTTPS
server.
"""
