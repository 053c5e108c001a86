"""Schemas of kinds in OpenAPI 2 and 3: taken from the schema pack with their texts, and only those that are used.

The two versions differ in where references point, in quantities and int-or-strings (which only version 3 can say), and
in how a described reference is written. Custom resources bring their own schema; their metadata is the usual one.
"""

from collections.abc import Callable
from typing import Any

from pyk3s.api.catalog import Resource
from pyk3s.api.schema.pack import Pack, Texts

JSON = dict[str, Any]

META = "io.k8s.apimachinery.pkg.apis.meta.v1."
BEARER_TOKEN = {"type": "apiKey", "description": "Bearer Token authentication", "name": "authorization", "in": "header"}

_V3_FORMS: dict[str, JSON] = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {"oneOf": [{"type": "string"}, {"type": "number"}]},
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {
        "oneOf": [{"type": "integer"}, {"type": "string"}],
        "format": "int-or-string",
    },
}
_PREFIX = {2: "#/definitions/", 3: "#/components/schemas/"}
_API_VERSION = "Version of the schema of this object, such as apps/v1."
_KIND = "Name of the kind of this object, in CamelCase."


class Builder:
    """Collects the schemas that one document refers to."""

    def __init__(self, pack: Pack, texts: Texts, schema_of: Callable[[Resource], JSON | None], *, version: int):
        self._pack, self._texts, self._schema_of = pack, texts, schema_of
        self.version = version
        self._known = frozenset(pack.names())
        self._used: dict[str, JSON] = {}

    def used(self) -> dict[str, JSON]:
        """Every schema referred to so far, by name."""
        return dict(sorted(self._used.items()))

    def reference(self, name: str) -> JSON:
        """A reference to a definition of the pack, which becomes part of the document."""
        if name == "string":
            return {"type": "string"}
        if name not in self._used:
            self._used[name] = {}
            self._used[name] = self._definition(name)
        return {"$ref": _PREFIX[self.version] + name}

    def resource(self, resource: Resource) -> JSON:
        """A reference to the schema of a resource's objects."""
        if resource.definition in self._known:
            return self.reference(resource.definition)
        return self._custom(resource, _custom_name(resource, resource.kind), self._custom_object)

    def resource_list(self, resource: Resource) -> JSON:
        """A reference to the schema of a list of a resource's objects."""
        name = f"{resource.definition}List"
        if name in self._known:
            return self.reference(name)
        return self._custom(resource, _custom_name(resource, resource.list_kind), self._custom_list)

    def body(self, group: str, version: str, kind: str, resource: Resource) -> JSON:
        """A reference to what a sub-resource speaks, an object of its resource or of another kind; text if unknown."""
        if kind == resource.kind:
            return self.resource(resource)
        package = f"io.k8s.api.{(group or 'core').partition('.')[0]}.{version or resource.version}"
        name = f"{package}.{kind}"
        return self.reference(name) if name in self._known else {"type": "string"}

    def _definition(self, name: str) -> JSON:
        texts = self._texts.get(name, {})
        schema = self._pack.schema(name)
        if self.version == 3 and name in _V3_FORMS:
            schema = dict(_V3_FORMS[name])
        made = self._made(schema)
        for field, inner in made.get("properties", {}).items():
            if field in texts:
                inner["description"] = texts[field]
        if "" in texts:
            made["description"] = texts[""]
        return made

    def _made(self, schema: JSON) -> JSON:
        """A schema of the pack as this version of OpenAPI writes it."""
        made = dict(schema)
        if "$ref" in made:
            reference = self.reference(made.pop("$ref"))
            return {**made, "allOf": [reference]} if self.version == 3 else {**made, **reference}
        if "properties" in made:
            made["properties"] = {name: self._made(inner) for name, inner in made["properties"].items()}
        if "items" in made:
            made["items"] = self._item(made["items"])
        if isinstance(made.get("additionalProperties"), dict):
            made["additionalProperties"] = self._item(made["additionalProperties"])
        return made

    def _item(self, schema: JSON) -> JSON:
        return self.reference(schema["$ref"]) if schema.keys() == {"$ref"} else self._made(schema)

    def _custom(self, resource: Resource, name: str, make: Callable[[Resource], JSON]) -> JSON:
        if name not in self._used:
            self._used[name] = {}
            self._used[name] = make(resource)
        return {"$ref": _PREFIX[self.version] + name}

    def _custom_object(self, resource: Resource) -> JSON:
        schema = dict(self._schema_of(resource) or {"type": "object", "x-kubernetes-preserve-unknown-fields": True})
        if self.version == 2 and schema.get("x-kubernetes-preserve-unknown-fields"):
            schema = {"type": "object"}  # version 2 clients would refuse what such a schema does not list
        elif self.version == 2:
            schema = _for_version_2(schema)
        if schema.get("properties") or self.version == 3:
            schema["properties"] = {
                **schema.get("properties", {}),
                "apiVersion": {"type": "string", "description": _API_VERSION},
                "kind": {"type": "string", "description": _KIND},
                "metadata": self._made({"$ref": META + "ObjectMeta"}),
            }
        return {**schema, "x-kubernetes-group-version-kind": [kind_of(resource)]}

    def _custom_list(self, resource: Resource) -> JSON:
        return {
            "type": "object",
            "description": f"{resource.list_kind} is a list of {resource.kind}",
            "required": ["items"],
            "properties": {
                "apiVersion": {"type": "string", "description": _API_VERSION},
                "kind": {"type": "string", "description": _KIND},
                "metadata": self._made({"$ref": META + "ListMeta"}),
                "items": {"type": "array", "items": self.resource(resource)},
            },
            "x-kubernetes-group-version-kind": [{**kind_of(resource), "kind": resource.list_kind}],
        }


def kind_of(resource: Resource) -> JSON:
    """A group, version and kind, as extensions show it."""
    return {"group": resource.group, "kind": resource.kind, "version": resource.version}


def _custom_name(resource: Resource, kind: str) -> str:
    reversed_group = ".".join(reversed(resource.group.split(".")))
    return f"{reversed_group}.{resource.version}.{kind}"


# Keywords that version 2 does not have; and what says less than nothing without them.
_ONLY_IN_3 = frozenset({"oneOf", "anyOf", "allOf", "not", "nullable", "x-kubernetes-validations"})


def _for_version_2(schema: JSON) -> JSON:
    """A structural schema in the words of version 2, which may only accept more than the original."""
    if schema.get("x-kubernetes-int-or-string") or schema.get("x-kubernetes-preserve-unknown-fields"):
        return {key: value for key, value in schema.items() if key == "description" or key.startswith("x-")}
    made = {key: value for key, value in schema.items() if key not in _ONLY_IN_3}
    if schema.get("nullable"):
        made.pop("type", None)
    if "properties" in made:
        made["properties"] = {name: _for_version_2(inner) for name, inner in made["properties"].items()}
    for name in ("items", "additionalProperties"):
        if isinstance(made.get(name), dict):
            made[name] = _for_version_2(made[name])
    return made
