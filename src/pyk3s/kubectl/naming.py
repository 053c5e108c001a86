"""How words name objects: `TYPE[,TYPE]`, `TYPE NAME...`, `TYPE/NAME...`, and categories such as `all`. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from pyk3s.kubectl.discovery import Discovery, Resource
from pyk3s.kubectl.errors import CommandError


class Asked(NamedTuple):
    """A type as it was written and the names asked for; none are all objects of the type."""

    type: str
    names: tuple[str, ...] = ()


class Selected(NamedTuple):
    """A resource and the names asked for; none are all of them."""

    resource: Resource
    names: tuple[str, ...] = ()


def asked(words: Sequence[str]) -> list[Asked]:
    """What words ask for, in their order; raises CommandError in kubectl's words."""
    if any("/" in word for word in words):
        return _pairs(words)
    if not words:
        return []
    types, names = words[0].split(","), tuple(words[1:])
    if any(not each for each in types):
        raise CommandError(f"arguments in resource/name form may not have more than one slash: {words[0]}")
    return [Asked(each, names) for each in dict.fromkeys(types)]


def _pairs(words: Sequence[str]) -> list[Asked]:
    if any("/" not in word for word in words):
        raise CommandError(
            "there is no need to specify a resource type as a separate argument when passing arguments in "
            "resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of "
            "'kubectl get resource resource/<resource_name>'"
        )
    return [_pair(word) for word in words]


def _pair(word: str) -> Asked:
    parts = word.split("/")
    if len(parts) != 2:
        raise CommandError(f"arguments in resource/name form may not have more than one slash: {word}")
    if not all(parts):
        raise CommandError("arguments in resource/name form must have a single resource and name")
    return Asked(parts[0], (parts[1],))


def select(discovery: Discovery, wanted: Sequence[Asked]) -> list[Selected]:
    """The resources that are meant; a category stands for several. Raises CommandError."""
    found: list[Selected] = []
    for each in wanted:
        resource = discovery.look_up(each.type)
        if resource is not None:
            found.append(Selected(resource, each.names))
        elif members := discovery.category(each.type):
            found += [Selected(member, each.names) for member in members]
        else:
            discovery.find(each.type)
    return found
