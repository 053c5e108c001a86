"""Rules of the policy group."""
