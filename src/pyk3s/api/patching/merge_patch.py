"""JSON merge patch (RFC 7396): maps merge, null deletes, everything else replaces."""

from typing import Any

from pyk3s.api.patching import bodies

JSON = dict[str, Any]


def parse(body: bytes) -> JSON:
    """The patch of a request body; raises StatusError 400."""
    patch = bodies.decode(body)
    if patch is None:
        return {}
    if not isinstance(patch, dict):
        raise bodies.mismatch(patch, "map[string]interface {}")
    return patch


def apply(doc: JSON, patch: JSON) -> JSON:
    """The patched document; `doc` and `patch` stay as they are, unchanged parts are shared."""
    merged = dict(doc)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            below = merged.get(name)
            merged[name] = apply(below if isinstance(below, dict) else {}, value)
        else:
            merged[name] = value
    return merged
