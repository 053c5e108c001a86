"""From a structural schema to a Type, so that field ownership and patches work on custom kinds as on built-in ones."""

from typing import Any

from pyk3s.api.schema import pack
from pyk3s.api.schema.types import Type

JSON = dict[str, Any]
OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
EMBEDDED = "x-kubernetes-embedded-resource"
PRESERVE = "x-kubernetes-preserve-unknown-fields"
RULES = "x-kubernetes-validations"


def has_rules(schema: JSON) -> bool:
    """Whether a schema has rules in CEL, at itself or below."""
    below = [*(schema.get("properties") or {}).values(), schema.get("items"), schema.get("additionalProperties")]
    return bool(schema.get(RULES)) or any(has_rules(inner) for inner in below if isinstance(inner, dict))


def type_of(schema: JSON) -> Type:
    """The type of a whole custom object. Built-in types have names, custom ones do not."""
    return Type("", _whole(schema), pack.load().type)


def _whole(schema: JSON) -> JSON:
    """An object with the three fields that every object has."""
    properties = {name: _node(member) for name, member in (schema.get("properties") or {}).items()}
    properties |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"$ref": OBJECT_META}}
    return {**schema, "type": "object", "properties": properties}


def _node(schema: JSON) -> JSON:
    if schema.get(EMBEDDED):
        return _whole(schema)
    made = dict(schema)
    if properties := schema.get("properties"):
        made["properties"] = {name: _node(member) for name, member in properties.items()}
    else:
        made.pop("properties", None)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            made[key] = _node(schema[key])
    if made.get("type") == "array" and not isinstance(made.get("items"), dict):
        made["items"] = {}
    return made
