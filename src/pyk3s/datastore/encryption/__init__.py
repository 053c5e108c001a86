"""Encryption at rest: values under some keys reach the disk encrypted, in the form of upstream's encryption providers.

`configuration` is upstream's file as a value, `ciphers` turn bytes, `store` is a datastore around another one.
"""
