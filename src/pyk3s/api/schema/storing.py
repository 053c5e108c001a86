"""What storing does to an object: upstream's stored form does not tell an empty list from an absent one.

Where a list is printed even without value, an empty one therefore comes back as null. That happens after ownership of
fields has been worked out, so it is a step of its own. Lists in lists are left alone: validation refuses those empty.
"""

from functools import cache
from typing import Any

from pyk3s.api.schema import pack, zeros
from pyk3s.api.schema.types import Type

JSON = dict[str, Any]
Path = tuple[str, ...]


def forget_empty(definition: str, obj: JSON) -> None:
    """Turn empty lists that are always printed into null, in place; nothing for definitions outside the pack."""
    for *parents, name in _printed_lists(definition):
        holder: Any = obj
        for parent in parents:
            holder = holder.get(parent)
            if holder is None:
                break
        else:
            if holder.get(name) == []:
                holder[name] = None


@cache
def _printed_lists(definition: str) -> tuple[Path, ...]:
    loaded = pack.load()
    if definition not in loaded.names():
        return ()
    found: list[Path] = []
    _collect(loaded.type(definition), (), found)
    return tuple(found)


def _collect(type_: Type, path: Path, found: list[Path]) -> None:
    is_resource = not path
    for name, field in type_.fields.items():
        kind = field.type.kind
        if kind in ("array", "object"):
            zero = zeros.rule(type_.name, name, kind, required=field.required, is_resource=is_resource)
            if zero != "print":
                continue
            if kind == "array":
                found.append((*path, name))
            else:
                _collect(field.type, (*path, name), found)
