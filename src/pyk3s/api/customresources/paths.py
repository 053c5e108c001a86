"""The subset of JSONPath that columns, selectable fields and scales use: `.spec.size`, `['a.b']`, `[0]`, `[*]`,
`[?(@.type=="Ready")]`. A path that cannot be read finds nothing.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

Step = Callable[[Any], Iterator[Any]]

_TOKEN = re.compile(
    r"""\.(?P<name>(?:[^.\[\]\\]|\\.)+)"""
    r"""|\[(?P<index>-?\d+)\]"""
    r"""|(?P<every>\[\*\]|\.\*)"""
    r"""|\[(?P<quoted>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\]"""
    r"""|\[\?\(\s*@(?P<left>[^=!<>]*?)\s*(?P<operator>==|!=)\s*(?P<right>'[^']*'|"[^"]*"|[^'")\s]+)\s*\)\]"""
)


def find(path: str, obj: Any) -> list[Any]:
    """Everything at a path."""
    found = [obj]
    for step in _steps(path):
        found = [inner for each in found for inner in step(each)]
    return found


def simple(path: str) -> tuple[str, ...]:
    """The names of a path that consists of names only."""
    return tuple(path.strip(".").split("."))


@cache
def _steps(path: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    position = 0
    while position < len(path):
        token = _TOKEN.match(path, position)
        if token is None:
            return (_nothing,)
        steps.append(_step(token))
        position = token.end()
    return tuple(steps)


def _nothing(value: Any) -> Iterator[Any]:
    return iter(())


def _step(token: re.Match[str]) -> Step:
    if token["every"]:
        return _every
    if token["index"]:
        return _indexed(int(token["index"]))
    if token["operator"]:
        return _filtered(token["left"], _literal(token["right"]), equal=token["operator"] == "==")
    name = token["name"] or token["quoted"][1:-1]
    return _named(re.sub(r"\\(.)", r"\1", name))


def _named(name: str) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if isinstance(value, dict) and name in value:
            yield value[name]

    return step


def _indexed(index: int) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if isinstance(value, list) and -len(value) <= index < len(value):
            yield value[index]

    return step


def _every(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        yield from value
    elif isinstance(value, dict):
        yield from value.values()


def _filtered(left: str, wanted: Any, *, equal: bool) -> Step:
    def step(value: Any) -> Iterator[Any]:
        for item in value if isinstance(value, list) else ():
            found = find(left, item)
            if found and (found[0] == wanted) is equal:
                yield item

    return step


def _literal(text: str) -> Any:
    if text[:1] in "'\"":
        return text[1:-1]
    if text in ("true", "false"):
        return text == "true"
    try:
        return float(text)
    except ValueError:
        return text
