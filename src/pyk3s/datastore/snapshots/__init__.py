"""Snapshots: one file with every live key of a datastore, whatever its driver, and what a restore needs besides.

`content` is the format, `folder` where they lie and which of them stay, `restoring` makes a database of one.
"""
