"""Helpers of these tests: topology."""
