"""From the schema of a custom resource to the types that its rules see.

Fields without a type, and lists and maps of such, are not visible. Names that the language does not allow are escaped:
`a.b` is `a__dot__b`, a keyword is put between underscores. Sizes follow from maxLength, maxItems and maxProperties;
where they are missing, from what fits into a request.
"""

import re
from typing import Any

from pyk3s.api.cel.declared import LIST, MAP, OBJECT, Declared
from pyk3s.api.customresources.structural import EMBEDDED

JSON = dict[str, Any]
MOST_BYTES = 3 * 1024 * 1024
"""The longest request."""
INT_OR_STRING = "x-kubernetes-int-or-string"
KEYWORDS = frozenset(
    ("true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if")
)
KEYWORDS |= frozenset(("import", "let", "loop", "package", "namespace", "return"))

_is_name = re.compile(r"[A-Za-z_./-][A-Za-z0-9_./-]*").fullmatch
_ESCAPES = {"__": "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__"}
_escaped = re.compile(r"__|[./-]").sub
_unescaped = re.compile("|".join(_ESCAPES.values())).sub
_BACK = {escaped: raw for raw, escaped in _ESCAPES.items()}
_TIMES = {"duration": ("duration", 32, 3), "date": ("timestamp", 12, 12), "date-time": ("timestamp", 32, 21)}
_IDENTITY_TYPE = {"type": "string"}
_METADATA = {"type": "object", "properties": {"name": _IDENTITY_TYPE, "generateName": _IDENTITY_TYPE}}
WHOLE = {"apiVersion": _IDENTITY_TYPE, "kind": _IDENTITY_TYPE, "metadata": _METADATA}
"""What rules see of every object, whatever its schema says."""


def escape(name: str) -> str | None:
    """How an expression names a field; None for a name that it cannot."""
    if name in KEYWORDS:
        return f"__{name}__"
    return _escaped(lambda found: _ESCAPES[found[0]], name) if _is_name(name) else None


def unescape(name: str) -> str:
    """The field that an expression means."""
    if name[:2] == "__" == name[-2:] and name[2:-2] in KEYWORDS:
        return name[2:-2]
    return _unescaped(lambda found: _BACK[found[0]], name)


def declared(schema: JSON, *, whole: bool) -> Declared | None:
    """The type of a value of a schema; None if rules do not see it. `whole`: the schema is that of a whole object."""
    if schema.get(INT_OR_STRING):
        most = schema["maxLength"] * 4 if schema.get("maxLength") is not None else MOST_BYTES - 2
        return Declared("dyn", most, 1)
    match schema.get("type"):
        case "array":
            return _list(schema)
        case "object":
            return _object(schema, whole=whole)
        case "string":
            return _string(schema)
        case "boolean":
            return Declared("bool", least_bytes=4)
        case "integer":
            return Declared("int", least_bytes=1)
        case "number":
            return Declared("double", least_bytes=1)
    return None


def most_values(type_: Declared) -> int:
    """How many values of a type fit into one request."""
    return MOST_BYTES // (type_.least_bytes + 1)


def _list(schema: JSON) -> Declared | None:
    items = schema.get("items")
    if not isinstance(items, dict) or (element := declared(items, whole=bool(items.get(EMBEDDED)))) is None:
        return None
    most = schema.get("maxItems")
    if most is None:
        most = (MOST_BYTES - 2) // (element.least_bytes + 1)
    identity = None
    if schema.get("x-kubernetes-list-type") in ("set", "map"):
        identity = tuple(schema.get("x-kubernetes-list-map-keys") or ())
    return Declared(LIST, max(most, 0), 2, element=element, identity=identity)


def _object(schema: JSON, *, whole: bool) -> Declared | None:
    additional = schema.get("additionalProperties")
    if isinstance(additional, dict):
        if (element := declared(additional, whole=bool(additional.get(EMBEDDED)))) is None:
            return None
        most = schema.get("maxProperties")
        if most is None:
            most = (MOST_BYTES - 2) // (element.least_bytes + 6)
        return Declared(MAP, max(most, 0), 2, element=element)
    properties = {**(schema.get("properties") or {}), **(WHOLE if whole else {})}
    required = schema.get("required") or ()
    fields, least = {}, 2
    for name, inner in properties.items():
        if (type_ := declared(inner, whole=bool(inner.get(EMBEDDED)))) is None:
            continue
        if (escaped := escape(name)) is not None:
            fields[escaped] = type_
        if name in required and inner.get("default") is None:
            least += len(name) + type_.least_bytes + 4
    return Declared(OBJECT, 0, least, fields)


def _string(schema: JSON) -> Declared:
    format_, most = schema.get("format"), schema.get("maxLength")
    if format_ in _TIMES:
        return Declared(*_TIMES[format_])
    if format_ == "byte":
        return Declared("bytes", MOST_BYTES - 2 if most is None else max(most, 0), 2)
    if most is not None:
        return Declared("string", max(most, 0) * 4, 2)  # characters of up to four bytes
    if choices := schema.get("enum"):
        return Declared("string", max((len(each) for each in choices if isinstance(each, str)), default=0), 2)
    return Declared("string", MOST_BYTES - 2, 2)
