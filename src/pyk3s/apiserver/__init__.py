"""The Kubernetes API over HTTP: authentication, authorisation, admission, one generic registry with small per-kind
strategies, watch cache, discovery. Reaches kubelets and webhooks through `wire`; never opens a datastore
itself.
"""
