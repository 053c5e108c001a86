"""Kubernetes' function libraries, one module each: what can be called, and what it does.

Every function pays for its work before it does it, so that no expression can make it grow or take long.
"""
