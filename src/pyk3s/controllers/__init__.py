"""Brings the cluster to what its objects ask for: one folder or module per controller, all of one shape.

A controller takes a `context.Context`, registers on shared informers in its constructor, and runs a
`client.reconciler`. What it decides is in pure functions beside it. May not know other controllers, the scheduler, or
any machine; it speaks to the API server through `client` alone. Any controller could be replaced or left out without
another noticing.
"""
