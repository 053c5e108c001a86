"""Fields of OpenAPI v3 schemas told in words, for `kubectl explain`. Pure."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

JSON = dict[str, Any]
PREFIX = "#/components/schemas/"
WIDTH = 80
MOST_CHOICES = 4
SCALARS = ("string", "integer", "number", "boolean")


class Node(NamedTuple):
    """A schema with its references followed: what it is called, what is said of it here and where it is defined."""

    shown: str
    said: str
    schema: JSON
    reference: str = ""

    @property
    def description(self) -> str:
        """What the field says, and then what its type says."""
        own = str(self.schema.get("description", ""))
        return "\n".join(each for each in dict.fromkeys((self.said, own)) if each)


class NoField(Exception):
    """The path leads to a field that there is not."""


class Schemas:
    """The components of one OpenAPI document."""

    def __init__(self, document: JSON):
        self._schemas: JSON = (document.get("components") or {}).get("schemas") or {}

    def of_kind(self, group: str, version: str, kind: str) -> JSON | None:
        """The schema of a kind, or None."""
        wanted = {"group": group, "version": version, "kind": kind}
        for schema in self._schemas.values():
            if wanted in (schema.get("x-kubernetes-group-version-kind") or ()):
                found: JSON = schema
                return found
        return None

    def node(self, schema: JSON) -> Node:
        """A schema with its references followed, and its type in kubectl's notation."""
        said, reference = str(schema.get("description", "")), _reference(schema)
        if reference:
            inner = self._schemas.get(reference, {})
            plain = str(inner.get("type", ""))
            return Node(plain if plain in SCALARS else reference.rpartition(".")[2], said, inner, reference)
        if schema.get("type") == "array":
            item = self.node(schema.get("items") or {})
            return Node(f"[]{item.shown}", said, item.schema, item.reference)
        if isinstance(schema.get("additionalProperties"), dict):
            value = self.node(schema["additionalProperties"])
            return Node(f"map[string]{value.shown}", said, value.schema, value.reference)
        if schema.get("x-kubernetes-int-or-string"):
            return Node("IntOrString", said, schema)
        kind = str(schema.get("type", "Object"))
        return Node("Object" if kind == "object" else kind, said, schema)

    def follow(self, root: JSON, path: Sequence[str]) -> Node:
        """The node at a path of field names; raises NoField."""
        node = Node("", "", root)
        for name in path:
            field = (node.schema.get("properties") or {}).get(name)
            if field is None:
                raise NoField(name)
            node = self.node(field)
        return node

    def fields(self, node: Node) -> Iterator[tuple[str, bool, Node, JSON]]:
        """Name, whether it must be, node and plain schema of each field, in the order of names."""
        required = set(node.schema.get("required") or ())
        properties = node.schema.get("properties") or {}
        for name in sorted(properties):
            yield name, name in required, self.node(properties[name]), properties[name]


def _reference(schema: JSON) -> str:
    for each in (schema, *(schema.get("allOf") or ())):
        if "$ref" in each:
            return str(each["$ref"]).removeprefix(PREFIX)
    return ""


_WRAPPING: dict[str, Any] = {
    "break_long_words": False,
    "break_on_hyphens": False,
    "expand_tabs": False,
    "replace_whitespace": False,
}


def wrapped(text: str, indent: int) -> str:
    """Lines of at most 80 letters, each paragraph on its own."""
    blank = " " * indent
    lines: list[str] = []
    for line in text.split("\n"):
        found = textwrap.wrap(line, WIDTH - indent, **_WRAPPING)
        lines += [blank + each for each in found or [""]]
    return "\n".join(lines)


def listing(schemas: Schemas, node: Node, *, recursive: bool) -> str:
    """The block of fields."""
    lines: list[str] = []
    if recursive:
        _list_all(schemas, node, 1, (), lines)
        return "\n".join(lines) + "\n"
    for name, required, field, schema in schemas.fields(node):
        lines += [
            _head(name, required, field, 1),
            *_choices(schema, 1),
            wrapped(field.said or "<no description>", 4),
            "",
        ]
    return "\n".join(lines) + "\n"


def _list_all(schemas: Schemas, node: Node, level: int, above: tuple[str, ...], lines: list[str]) -> None:
    for name, required, field, schema in schemas.fields(node):
        lines += [_head(name, required, field, level), *_choices(schema, level)]
        if field.reference not in above:
            _list_all(schemas, field, level + 1, (*above, field.reference) if field.reference else above, lines)


def _head(name: str, required: bool, field: Node, level: int) -> str:
    return f"{'  ' * level}{name}\t<{field.shown}>{' -required-' if required else ''}"


def _choices(schema: JSON, level: int) -> list[str]:
    choices = [str(each) for each in schema.get("enum") or ()]
    if not choices:
        return []
    more = ", ...." if len(choices) > MOST_CHOICES else ""
    return [f"{'  ' * level}enum: {', '.join(choices[:MOST_CHOICES])}{more}"]
