"""YAML request bodies as JSON values: first document only, YAML 1.1 scalars as upstream's parser reads them.

Differences to PyYAML: `y` and `n` are booleans, times stay text, `1e3` is a number, `1:30` is text, keys become text.
Aliases may not multiply: the tree that they unfold to is bounded.
"""

import re
from functools import cache
from typing import Any

MOST_NODES = 1_000_000  # of an unfolded document; a 3 MB body without aliases has fewer


class YamlError(Exception):
    """The body is no YAML, or unfolds to too much; the message reads `yaml: line 3: ...`."""


def parse(data: bytes) -> tuple[Any, list[str]]:
    """The JSON value of the first document, and what strict reading says of repeated keys; raises YamlError."""
    import yaml

    try:
        loader = _loader_class()(data)
        try:
            value = loader.get_data() if loader.check_data() else None
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise YamlError(_told(error)) from error
    except (RecursionError, ValueError, UnicodeDecodeError) as error:
        raise YamlError(f"yaml: {error}") from error
    try:
        return _Unfolding().json(value), loader.repeated
    except RecursionError as error:
        raise YamlError("yaml: exceeded max depth") from error


@cache
def _loader_class() -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        """SafeLoader with upstream's scalars; collects repeated keys."""

        def __init__(self, data: bytes):
            super().__init__(data)
            self.repeated: list[str] = []

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            seen = set()
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                    if key.value in seen:
                        line = key.start_mark.line + 1
                        self.repeated.append(
                            f'yaml: unmarshal errors:\n  line {line}: key "{key.value}" already set in map'
                        )
                    seen.add(key.value)
            mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
            return mapping

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in each if tag.rpartition(":")[2] in ("null", "merge")]
        for first, each in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    booleans = "y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF|true|True|TRUE|false|False|FALSE"
    integers = r"[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)"
    floats = r"[-+]?([0-9][0-9_]*\.?[0-9_]*|\.[0-9_]+)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
    prefix = "tag:yaml.org,2002:"
    for tag, pattern, first in (
        ("bool", booleans, "yYnNtTfFoO"),
        ("int", integers, "-+0123456789"),
        ("float", floats, "-+.0123456789"),
    ):
        Loader.add_implicit_resolver(prefix + tag, re.compile(f"(?:{pattern})$"), list(first))
    Loader.add_constructor(prefix + "bool", lambda loader, node: node.value.lower() in ("y", "yes", "on", "true"))
    Loader.add_constructor(prefix + "int", lambda loader, node: _integer(node.value))
    Loader.add_constructor(prefix + "float", lambda loader, node: _number(node.value))
    Loader.add_constructor(prefix + "timestamp", lambda loader, node: node.value)
    return Loader


def _integer(text: str) -> int:
    plain = text.replace("_", "")
    digits = plain.lstrip("+-")
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        return int(plain, 8)
    return int(plain, 0)


def _number(text: str) -> int | float:
    plain = text.replace("_", "").lower()
    if plain.lstrip("+-").startswith((".inf", ".nan")):
        raise ValueError(f"json: unsupported value: {text}")
    value = float(plain)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


class _Unfolding:
    """Makes JSON of what YAML gave: text keys, only JSON's types, a bounded number of nodes."""

    def __init__(self) -> None:
        self._left = MOST_NODES

    def json(self, value: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise YamlError("yaml: document contains excessive aliasing")
        if isinstance(value, dict):
            return {_key(key): self.json(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.json(inner) for inner in value]
        if value is None or isinstance(value, str | bool | int | float):
            return value
        raise YamlError(f"yaml: unsupported value of type {type(value).__name__}")


def _key(key: Any) -> str:
    match key:
        case str():
            return key
        case bool():
            return "true" if key else "false"
        case int() | float():
            return str(key)
        case None:
            return "null"
    raise YamlError("yaml: a key is neither text nor number nor boolean")


def _told(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return f"yaml: line {mark.line + 1}: {problem}" if mark else f"yaml: {problem}"
