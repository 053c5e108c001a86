"""Objects told in words, for `kubectl describe`. Pure: an object and what belongs to it in, text out.

`table` says which function describes a kind and what it wants beside the object; other kinds are shown field by field.
"""
