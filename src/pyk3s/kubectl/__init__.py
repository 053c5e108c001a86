"""The built-in kubectl: kubectl's words, output and exit status, for machines that have no kubectl.

One module per command below `commands`; parsing, naming, printing, merging and describing are functions of values. It
speaks to any Kubernetes API server through `wire` alone and never to a part of this one. It leaves out plugins,
kustomize, templates of Go, credential plugins and debug containers, and says so where they are asked for.
"""
