"""From a container of a pod's spec to what the runtime is asked for: environment, resources, security, mounts,
configuration.
"""
