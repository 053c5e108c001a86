"""Deployment: replaces the pods of one template by those of the next, at the pace that it allows."""
