"""SPDY/3.1 as Kubernetes uses it for exec, attach and port-forward: `headers` (the compressed blocks), `session`
(sans-IO, both roles), `connection` (over a Duplex). Flow-control windows are not kept: no implementation in use does.
"""
