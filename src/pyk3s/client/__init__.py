"""Speaks to a Kubernetes API server: REST client, informers, work queues, reconcilers, event recorder.

Controllers, scheduler and node parts reach the API through this folder alone. May not know the datastore, any
controller, or which server answers: it works against any Kubernetes API server.
"""
