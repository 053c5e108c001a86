"""What is told about definitions of custom resources: parts of them that this server stores but does not act on yet."""

from collections.abc import Iterator
from typing import Any

JSON = dict[str, Any]
RULES = "x-kubernetes-validations"


def definition(obj: JSON) -> list[str]:
    """Where rules in CEL are given, by version and field: they are stored, and not evaluated."""
    return [
        f"spec.versions[{index}].schema.openAPIV3Schema{path}.{RULES}: stored, but not evaluated by this server yet"
        for index, version in enumerate(obj["spec"].get("versions") or ())
        for path in _with_rules((version.get("schema") or {}).get("openAPIV3Schema"), "")
    ]


def _with_rules(schema: Any, path: str) -> Iterator[str]:
    if not isinstance(schema, dict):
        return
    if schema.get(RULES):
        yield path
    for name, member in (schema.get("properties") or {}).items():
        yield from _with_rules(member, f"{path}.properties[{name}]")
    for name in ("items", "additionalProperties"):
        yield from _with_rules(schema.get(name), f"{path}.{name}")
