"""Rules of the scheduling.k8s.io and node.k8s.io groups."""
