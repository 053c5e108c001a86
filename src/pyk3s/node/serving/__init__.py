"""The node's HTTPS server, which the API server calls: container logs, commands and streams into pods, pods, health,
figures.
"""
