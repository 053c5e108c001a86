"""Our own containerd: its configuration, its process, the images it is given, and its task events."""
