"""`crictl`: looks at pods, containers and images of a runtime by its CRI socket, without any API server.

Flags and output are those of cri-tools' command of that name.
"""
