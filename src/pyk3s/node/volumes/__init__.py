"""Volumes of pods: files made from API objects (`payloads`, written by `atomic`), folders and mounts (`kinds`),
service account tokens, and the manager that prepares, refreshes and removes them.
"""
