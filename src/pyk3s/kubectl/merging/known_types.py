"""The types of built-in kinds, which say how their lists merge. Loaded only when something is merged."""

from pyk3s.api.schema import types


def find(group: str, version: str, kind: str) -> types.Type | None:
    """The type of a built-in kind, or None for a custom one."""
    from pyk3s.api.schema import pack

    loaded = pack.load()
    found = loaded.catalog.by_kind(group, version, kind)
    return loaded.type(found.definition) if found is not None else None
