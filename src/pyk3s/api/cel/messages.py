"""Objects of declared types as protobuf messages, the only form in which the library's checker knows fields.

Messages are described, never made: expressions run over plain dicts. What a message cannot hold (lists in lists, lists
in maps) and objects whose field names protobuf would mix up are of any type to the checker.
"""

from collections.abc import Mapping
from typing import Any

from pyk3s.api.cel import engine
from pyk3s.api.cel.declared import DYN, LIST, MAP, OBJECT, Declared
from pyk3s.lib import protobuf

PACKAGE = "self"
_OPTIONAL, _REPEATED = 1, 3
_MESSAGE = 11
_SCALARS = {"double": 1, "int": 3, "bool": 8, "string": 9, "bytes": 12}
_KNOWN = {"timestamp": "Timestamp", "duration": "Duration", DYN: "Value"}
_LIBRARY: list[dict[str, Any]] = [
    {"name": "Value", "file": "struct", "fields": [("string_value", "string")]},
    {"name": "Timestamp", "file": "timestamp", "fields": [("seconds", "int"), ("nanos", "int")]},
    {"name": "Duration", "file": "duration", "fields": [("seconds", "int"), ("nanos", "int")]},
]
"""Only their names count here: the library has its own descriptions."""
_codec = protobuf.Codec(
    {
        "File": [
            [1, "name", "string"],
            [2, "package", "string"],
            [3, "imports", "string[]"],
            [4, "messages", "Message[]"],
        ],
        "Message": [
            [1, "name", "string"],
            [2, "fields", "Field[]"],
            [3, "nested", "Message[]"],
            [7, "options", "Options"],
        ],
        "Options": [[7, "map_entry", "bool"]],
        "Field": [
            [1, "name", "string"],
            [3, "number", "int32"],
            [4, "label", "int32"],
            [5, "type", "int32"],
            [6, "type_name", "string"],
        ],
    }
)


class Messages:
    """The messages of all objects within a type; makes environments whose variables are of types within it."""

    def __init__(self, root: Declared):
        self._names: dict[int, str] = {}
        self._kept: list[Declared] = []
        self._made: list[dict[str, Any]] = []
        self._environments: dict[tuple[tuple[str, str], ...], Any] = {}
        self._name(root)
        self._pool = self._described()

    def knows(self, type_: Declared) -> bool:
        """Whether a type lies within the one that this was made for."""
        return id(type_) in self._names

    def environment(self, variables: Mapping[str, Declared]) -> Any:
        """An environment that checks expressions over these variables."""
        words = {name: self._word(type_) for name, type_ in variables.items()}
        key = tuple(words.items())
        if key not in self._environments:
            self._environments[key] = engine.checking_in(self._pool, words)
        return self._environments[key]

    def _word(self, type_: Declared) -> str:
        if type_.kind == OBJECT:
            name = self._name(type_)
            return f"{PACKAGE}.{name}" if name else DYN
        if type_.element is None:
            return type_.kind
        inner = self._word(type_.element)
        return f"list<{inner}>" if type_.kind == LIST else f"map<string,{inner}>"

    def _name(self, type_: Declared) -> str:
        """The name of the message for an object, empty if it can have none; that of other types has no meaning."""
        if id(type_) in self._names:
            return self._names[id(type_)]
        self._kept.append(type_)  # ids stay taken
        self._names[id(type_)] = ""
        if type_.element is not None:
            self._name(type_.element)
        elif type_.kind == OBJECT and len({_camel(name) for name in type_.fields}) == len(type_.fields):
            name = self._names[id(type_)] = f"Object{len(self._made)}"
            message: dict[str, Any] = {"name": name, "fields": [], "nested": []}
            self._made.append(message)
            for number, (field, inner) in enumerate(type_.fields.items(), 1):
                self._field(message, field, number, inner)
        return self._names[id(type_)]

    def _field(self, message: dict[str, Any], name: str, number: int, type_: Declared) -> None:
        self._name(type_)
        element = type_.element
        if element is None or element.kind in (LIST, MAP):
            whole = type_ if element is None else Declared(DYN)
            message["fields"].append(self._described_field(name, number, whole))
        elif type_.kind == LIST:
            message["fields"].append({**self._described_field(name, number, element), "label": _REPEATED})
        else:
            entry = f"{_camel(name)}Entry"
            pair = [self._described_field("key", 1, Declared("string")), self._described_field("value", 2, element)]
            message["nested"].append({"name": entry, "fields": pair, "options": {"map_entry": True}})
            place = f".{PACKAGE}.{message['name']}.{entry}"
            message["fields"].append(
                {"name": name, "number": number, "label": _REPEATED, "type": _MESSAGE, "type_name": place}
            )

    def _described_field(self, name: str, number: int, type_: Declared) -> dict[str, Any]:
        made: dict[str, Any] = {"name": name, "number": number, "label": _OPTIONAL}
        if type_.kind in _SCALARS:
            return {**made, "type": _SCALARS[type_.kind]}
        message = self._name(type_) if type_.kind == OBJECT else ""
        known = f".google.protobuf.{_KNOWN.get(type_.kind, 'Value')}"
        return {**made, "type": _MESSAGE, "type_name": f".{PACKAGE}.{message}" if message else known}

    def _described(self) -> Any:
        from google.protobuf import descriptor_pool

        pool = descriptor_pool.DescriptorPool()
        imports = []
        for message in _LIBRARY:
            fields = [
                {"name": name, "number": number, "label": _OPTIONAL, "type": _SCALARS[kind]}
                for number, (name, kind) in enumerate(message["fields"], 1)
            ]
            imports.append(f"google/protobuf/{message['file']}.proto")
            self._add(pool, imports[-1], "google.protobuf", [], [{"name": message["name"], "fields": fields}])
        self._add(pool, "self.proto", PACKAGE, imports, self._made)
        return pool

    @staticmethod
    def _add(pool: Any, name: str, package: str, imports: list[str], messages: list[dict[str, Any]]) -> None:
        file = {"name": name, "package": package, "imports": imports, "messages": messages}
        pool.AddSerializedFile(_codec.encode("File", file))


def _camel(name: str) -> str:
    """The name that protobuf makes of a field's, for the entries of a map."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))
