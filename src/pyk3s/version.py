"""What this build calls itself, and the Kubernetes release whose API it serves."""

KUBERNETES = "v1.36.2"
PRODUCT = "0.1.0"
GIT_VERSION = f"{KUBERNETES}+pyk3s{PRODUCT}"
COMMIT = "unreleased"
