"""/metrics in the text format of Prometheus, with Kubernetes' names."""
