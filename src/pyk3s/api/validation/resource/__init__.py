"""Rules of the resource.k8s.io group: claims for devices, what drivers offer, classes."""
