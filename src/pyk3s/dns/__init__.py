"""Cluster DNS: a pure answerer over Services and EndpointSlices, and the UDP/TCP server that forwards what is not
ours.
"""
