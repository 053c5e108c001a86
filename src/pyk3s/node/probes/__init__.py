"""Probes and lifecycle hooks: how a single check is made (`checks`), when its result counts (`thresholds`), and the
tasks that make them again and again (`manager`).
"""
