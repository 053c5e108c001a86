"""What the server creates by itself when it is missing: namespaces, the `kubernetes` Service, priority classes."""
