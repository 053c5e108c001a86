"""Protocols on sockets: HTTP/1.1 server and client on httptools, WebSocket and SPDY channels, gRPC for CRI. Sans-
IO cores with thin asyncio runners. Knows no Kubernetes kind.
"""
