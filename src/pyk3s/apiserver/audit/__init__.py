"""The audit log: who asked for what, what was answered. Off unless a policy is configured, and then costs nothing."""
