"""Certificate authorities, leaf certificates, service-account keys, join tokens, kubeconfigs. cryptography is
imported only while something is made.
"""
