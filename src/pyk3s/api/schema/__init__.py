"""What the built-in kinds are: `builtin` lists the resources, `pack` carries the types of their objects, which `types`
compiles on first use; `conforming` brings objects into their shape, `explaining` says why one does not fit.
"""
