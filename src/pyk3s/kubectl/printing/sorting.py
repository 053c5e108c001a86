"""`--sort-by`: objects in the order of a field: numbers, quantities, times and text each in their own way. Pure."""

import re
from collections.abc import Sequence
from typing import Any

from pyk3s.api import quantity
from pyk3s.kubectl.errors import CommandError
from pyk3s.kubectl.printing import jsonpath, yaml_text

JSON = dict[str, Any]


def order(objects: Sequence[JSON], path: str) -> list[int]:
    """The places of objects in sorted order; raises CommandError where none of them has the field."""
    try:
        nodes = jsonpath.parse(jsonpath.relaxed(path))
    except jsonpath.PathError as error:
        raise CommandError(str(error)) from error
    found = [jsonpath.results(nodes, obj)[0] for obj in objects]
    if objects and not any(found):
        raise CommandError(f'couldn\'t find any field with path "{jsonpath.relaxed(path)}" in the list of objects')
    keys = [_key(each[0] if each else None) for each in found]
    return sorted(range(len(objects)), key=lambda place: keys[place])


def _key(value: Any) -> tuple[int, Any]:
    match value:
        case None:
            return 0, 0
        case bool() | int() | float():
            return 1, value
        case str() if re.fullmatch(r"[+-]?[0-9.]+([KMGTPE]i|[numkMGTPE])?", value):
            try:
                return 1, quantity.parse(value).nanos / quantity.NANOS
            except quantity.QuantityError:
                return 2, yaml_text.natural(value)
        case str():
            return 2, yaml_text.natural(value)
    return 3, str(value)
