"""Certificate requests: kubelets' are approved by permission, approved ones signed, old ones removed."""
