"""Certificate authorities, leaf certificates, service-account keys and tokens, join tokens, kubeconfigs.
cryptography is imported only where something is made, signed or unsealed.
"""
