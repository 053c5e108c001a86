"""Domain-free building blocks on the standard library alone: owned tasks, clock, schedules, back-off, atomic files,
logging, protobuf wire codec.

May not know Kubernetes, HTTP or this machine's tools. Admitted is what two or more folders need and no domain
word describes.
"""
