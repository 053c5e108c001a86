"""Keys, bytes and revisions. Knows no Kubernetes kind. `contract` is what the API server sees; drivers register by
URL scheme.
"""
