"""The generic registry: how objects of every kind are created, updated and deleted. What kinds do differently is theirs
to say, in `strategies`.
"""
