"""Admission webhooks: who is asked about a write, what they are asked, and what their answers do."""
