"""Types of built-in and custom kinds, compiled from reduced OpenAPI schemas when first asked for.

A definition is compiled once; its fields are compiled when someone looks at them, so recursive types (JSONSchemaProps)
cost nothing and a server that never sees a kind never pays for it.
"""

from collections.abc import Callable, Mapping
from typing import Any

JSON = dict[str, Any]
Resolve = Callable[[str], "Type"]

# Definitions that are one value on the wire, whatever their schema says.
SCALARS = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "int-or-string",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "micro-time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Duration": "string",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": "any-object",
    "io.k8s.apimachinery.pkg.runtime.RawExtension": "any-object",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON": "any",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray": "any",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool": "any",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray": "any",
}


class Type:
    """One node. `kind` is one of object (a struct with `fields`), map (text to `values`), array (of `items`), string,
    bytes (base64 text), integer, number, boolean, quantity, int-or-string, time, micro-time, any, any-object."""

    __slots__ = ("__weakref__", "_fields", "_items", "_resolve", "_values", "kind", "name", "schema")

    def __init__(self, name: str, schema: JSON, resolve: Resolve):
        self.name = name
        self.schema = schema
        self.kind = SCALARS.get(name) or _kind(schema)
        self._resolve = resolve
        self._fields: dict[str, Field] | None = None
        self._items: Type | None = None
        self._values: Type | None = None

    def definition(self, name: str) -> "Type":
        """Another type of the same pack."""
        return self._resolve(name)

    def __repr__(self) -> str:
        return f"Type({self.name or self.kind})"

    @property
    def fields(self) -> Mapping[str, "Field"]:
        """Of an object: its fields by name."""
        if self._fields is None:
            self._fields = _fields(self.schema, self._resolve) if self.kind == "object" else {}
        return self._fields

    @property
    def items(self) -> "Type | None":
        """Of an array: what it holds."""
        if self._items is None and self.kind == "array":
            self._items = compile_type(self.schema["items"], self._resolve)
        return self._items

    @property
    def values(self) -> "Type | None":
        """Of a map: what it holds."""
        if self._values is None and self.kind == "map":
            self._values = compile_type(self.schema["additionalProperties"], self._resolve)
        return self._values

    @property
    def format(self) -> str:
        """`int32`, `int64`, `double`, or nothing."""
        return str(self.schema.get("format", ""))

    @property
    def list_type(self) -> str:
        """Of an array: atomic, set, map, or nothing where none is declared."""
        return str(self.schema.get("x-kubernetes-list-type", ""))

    @property
    def list_map_keys(self) -> tuple[str, ...]:
        return tuple(self.schema.get("x-kubernetes-list-map-keys", ()))

    @property
    def map_type(self) -> str:
        """Of a map or object: granular, atomic, or nothing where none is declared."""
        return str(self.schema.get("x-kubernetes-map-type", ""))

    @property
    def merge_key(self) -> str:
        """Of an array: the key of a strategic merge patch."""
        return str(self.schema.get("x-kubernetes-patch-merge-key", ""))

    @property
    def patch_strategy(self) -> frozenset[str]:
        """Of a field's own type: merge, replace, retainKeys."""
        return frozenset(filter(None, str(self.schema.get("x-kubernetes-patch-strategy", "")).split(",")))

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(self.schema.get("required", ()))


class Field:
    """A field of an object: its type, whether the schema requires it, its declared default, its patch strategy."""

    __slots__ = ("default", "merge_key", "name", "patch_strategy", "required", "type")

    def __init__(self, name: str, schema: JSON, required: bool, resolve: Resolve):
        self.name = name
        self.type = compile_type(schema, resolve)
        self.required = required
        self.default = schema.get("default")
        self.merge_key = str(schema.get("x-kubernetes-patch-merge-key", ""))
        self.patch_strategy = frozenset(filter(None, str(schema.get("x-kubernetes-patch-strategy", "")).split(",")))


def compile_type(schema: JSON, resolve: Resolve) -> Type:
    """The type of a schema; a reference is the shared type of its definition, unless the field declares a map type."""
    reference = schema.get("$ref")
    if reference is None:
        return Type("", schema, resolve)
    target = resolve(reference)
    if "x-kubernetes-map-type" in schema:
        return Type(target.name, {**target.schema, "x-kubernetes-map-type": schema["x-kubernetes-map-type"]}, resolve)
    return target


def _fields(schema: JSON, resolve: Resolve) -> "dict[str, Field]":
    required = set(schema.get("required", ()))
    return {name: Field(name, inner, name in required, resolve) for name, inner in schema["properties"].items()}


def _kind(schema: JSON) -> str:
    declared = schema.get("type")
    if schema.get("x-kubernetes-int-or-string"):
        return "int-or-string"
    if declared == "object":
        if "properties" in schema:
            return "object"
        return "map" if isinstance(schema.get("additionalProperties"), dict) else "any-object"
    if declared == "string" and schema.get("format") == "byte":
        return "bytes"
    return str(declared) if declared else "any"
