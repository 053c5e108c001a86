"""Expressions of admission: match conditions of webhooks, and policies that validate or mutate. What they may speak of,
and what they must say; pure.
"""
