"""YAML as kubectl writes it: keys in natural order, lists not indented, text quoted only where it must be.

The emitter is PyYAML's; both it and Go's descend from libyaml, so folding and quoting agree once styles are chosen.
"""

import re
from functools import cache
from typing import Any

# What YAML 1.1 would read as something else than text, as Go's library sees it.
_NOT_TEXT = re.compile(
    r"""~|null|Null|NULL|<<|=
    |y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF|true|True|TRUE|false|False|FALSE
    |[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)
    |[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?
    |[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)
    |[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?
    |[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt\s].*)?""",
    re.VERBOSE,
)
_CHUNK = re.compile(r"\d+|\D")


def dump(value: Any) -> str:
    """One document."""
    import yaml

    text: str = yaml.dump(value, Dumper=_dumper(), default_flow_style=False, allow_unicode=True, sort_keys=False)
    return text.removesuffix("...\n")


@cache
def _dumper() -> Any:
    import yaml

    base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

    class Dumper(base):  # type: ignore[misc]
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: Any, value: str) -> Any:
        style = '"' if not value or _NOT_TEXT.fullmatch(value) else "|" if "\n" in value else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    def mapping(dumper: Any, value: dict[str, Any]) -> Any:
        ordered = sorted(value.items(), key=lambda item: natural(item[0]))
        return dumper.represent_mapping("tag:yaml.org,2002:map", ordered)

    # Only what numbers, booleans and null look like is left to resolve: text is quoted by our own choice of style.
    Dumper.yaml_implicit_resolvers = {}
    for tag, pattern in (
        ("int", r"-?\d+$"),
        ("float", r"-?\d+(\.\d+)?([eE][-+]?\d+)?$"),
        ("bool", "(true|false)$"),
        ("null", "null$"),
    ):
        Dumper.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list("-0123456789tfn"))
    Dumper.add_representer(str, text)
    Dumper.add_representer(dict, mapping)
    return Dumper


def natural(key: str) -> list[tuple[int, int, str]]:
    """A sort key in the order of Go's YAML library: numbers by value, letters after everything else."""
    chunks = _CHUNK.findall(key)
    return [(1, int(each), "") if each.isdigit() else (2 if each.isalpha() else 0, 0, each) for each in chunks]
