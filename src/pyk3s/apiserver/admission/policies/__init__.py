"""ValidatingAdmissionPolicy and MutatingAdmissionPolicy: which concern an operation, what they say, what that does."""
