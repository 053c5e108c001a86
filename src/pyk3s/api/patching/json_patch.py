"""JSON patch (RFC 6902), as the API server applies it: operations in order, all or none, bounded in number and growth.

Beyond the RFC, upstream's library reads negative array indices from the end, and so does this.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from pyk3s.api import status
from pyk3s.api.patching import bodies

JSON = dict[str, Any]

MAX_OPERATIONS = 10_000  # upstream's limit
MAX_COPIED_BYTES = 3 * 1024 * 1024  # upstream's limit for what all copy operations together may add


class _Inapplicable(Exception):
    """An operation that does not fit the document."""


def parse(body: bytes) -> list[JSON]:
    """The operations of a request body; raises StatusError 400 or 413."""
    operations = bodies.decode(body)
    if operations is None:
        return []
    if not isinstance(operations, list):
        raise bodies.mismatch(operations, "[]handlers.jsonPatchOp")
    for each in operations:
        if not isinstance(each, dict):
            raise bodies.mismatch(each if each is not None else "", "handlers.jsonPatchOp")
    if len(operations) > MAX_OPERATIONS:
        why = f"The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {len(operations)}"
        raise status.StatusError(413, "RequestEntityTooLarge", f"Request entity too large: {why}", {})
    return operations


def apply(doc: JSON, operations: Sequence[JSON]) -> JSON:
    """The patched document, `doc` unchanged; raises StatusError 422 where an operation does not fit."""
    # A private copy: operations edit in place, and encoding is far faster than walking.
    result: Any = msgspec.json.decode(msgspec.json.encode(doc))
    budget = MAX_COPIED_BYTES
    try:
        for operation in operations:
            if operation.get("op") == "copy":
                budget -= _size(result, operation)
                if budget < 0:
                    raise _Inapplicable
            result = _step(result, operation)
    except (_Inapplicable, RecursionError):
        message = "the server rejected our request due to an error in our request"
        raise status.StatusError(422, "Invalid", message, {}) from None
    patched: JSON = result
    return patched


def _step(doc: Any, operation: JSON) -> Any:
    path = _text(operation, "path")
    match operation.get("op"):
        case "add":
            _add(doc, path, _value(operation))
        case "remove":
            _remove(doc, path)
        case "replace":
            if path == "":
                return _whole(_value(operation))
            _replace(doc, path, _value(operation))
        case "move":
            _add(doc, path, _remove(doc, _text(operation, "from")))
        case "copy":
            _add(doc, path, _copied(_get(doc, _text(operation, "from"))))
        case "test":
            _test(doc, path, operation.get("value"))
        case _:
            raise _Inapplicable
    return doc


def _text(operation: JSON, name: str) -> str:
    text = operation.get(name)
    if not isinstance(text, str):
        raise _Inapplicable
    return text


def _value(operation: JSON) -> Any:
    if "value" not in operation:
        raise _Inapplicable
    return operation["value"]


def _whole(value: Any) -> Any:
    if not isinstance(value, dict | list):
        raise _Inapplicable
    return value


def _parent(doc: Any, path: str) -> tuple[Any, str]:
    """The container that a path leads to, and the last key in it."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]
    if not parts:
        raise _Inapplicable
    for part in parts[:-1]:
        doc = _child(doc, part)
        if not isinstance(doc, dict | list):
            raise _Inapplicable
    return doc, parts[-1]


def _child(container: Any, key: str) -> Any:
    if isinstance(container, dict):
        if key not in container:
            raise _Inapplicable
        return container[key]
    if isinstance(container, list):
        return container[_index(key, len(container))]
    raise _Inapplicable


def _index(key: str, length: int) -> int:
    """A place below `length`, counted from the end if negative."""
    if not key.removeprefix("-").isdecimal():
        raise _Inapplicable
    index = int(key)
    if not -length <= index < length:
        raise _Inapplicable
    return index % length


def _get(doc: Any, path: str) -> Any:
    if path == "":
        return doc
    return _child(*_parent(doc, path))


def _add(doc: Any, path: str, value: Any) -> None:
    container, key = _parent(doc, path)
    if isinstance(container, dict):
        container[key] = value
    elif key == "-":
        container.append(value)
    else:
        container.insert(_index(key, len(container) + 1), value)


def _replace(doc: Any, path: str, value: Any) -> None:
    container, key = _parent(doc, path)
    _child(container, key)
    container[key if isinstance(container, dict) else _index(key, len(container))] = value


def _remove(doc: Any, path: str) -> Any:
    container, key = _parent(doc, path)
    _child(container, key)
    return container.pop(key if isinstance(container, dict) else _index(key, len(container)))


def _test(doc: Any, path: str, wanted: Any) -> None:
    try:
        found = _get(doc, path)
    except _Inapplicable:
        found = None
    if msgspec.json.encode(_plain(found), order="sorted") != msgspec.json.encode(_plain(wanted), order="sorted"):
        raise _Inapplicable


def _plain(value: Any) -> Any:
    """Numbers made comparable: 1 and 1.0 are the same to JSON."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _copied(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


def _size(doc: Any, operation: JSON) -> int:
    return len(msgspec.json.encode(_get(doc, _text(operation, "from"))))
