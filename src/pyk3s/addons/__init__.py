"""What the server deploys into the cluster by itself: the Service of the cluster DNS."""
