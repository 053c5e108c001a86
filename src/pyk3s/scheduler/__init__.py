"""Chooses a node for every pod that has none: pure decisions over an incremental picture of the cluster, and their
binding.

May not know controllers, the API server's inside or any machine. Could be replaced by any other scheduler: pods name
theirs.
"""
