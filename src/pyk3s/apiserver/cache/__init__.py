"""The watch cache: every object as its bytes, in order of key, with a ring of recent changes per resource.

Reads never reach the datastore; what it commits arrives here before the write returns to its caller.
"""
