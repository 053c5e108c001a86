"""The way between the pod networks of several nodes, one module per backend (VXLAN, host-gw). None is here yet: pods of
different nodes do not reach each other.
"""
