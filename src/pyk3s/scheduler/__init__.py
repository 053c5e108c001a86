"""Assigns pods to nodes: queue, filters, scores, binding. Filters and scores are pure functions of a snapshot."""
