"""What the server deploys into the cluster by itself: the manifests folder and packaged components."""
