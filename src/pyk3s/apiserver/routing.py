"""From a path to what it asks for, in the words of Kubernetes' request info. Pure, and remembered per path."""

from typing import NamedTuple

REMEMBERED = 8192
LONGEST = 512  # characters of a path that is remembered: who is not known yet must not fill our memory
_NAMESPACE_SUBRESOURCES = frozenset(("status", "finalize"))


class Route(NamedTuple):
    """What a path names. `plural` is empty for paths that are no resources (`/healthz`, `/apis/apps`)."""

    path: str
    group: str = ""
    version: str = ""
    namespace: str = ""
    plural: str = ""
    name: str = ""
    subresource: str = ""
    rest: str = ""  # what follows a sub-resource, such as the proxied path
    watching: bool = False  # the deprecated /watch/ prefix

    @property
    def is_resource(self) -> bool:
        return bool(self.plural)


_seen: dict[str, Route] = {}


def route(path: str) -> Route:
    """The route of a decoded path; never fails: what is no resource is a plain path."""
    found = _seen.get(path)
    if found is None:
        found = _parse(path)
        if len(path) > LONGEST:
            return found
        if len(_seen) >= REMEMBERED:
            _seen.clear()
        _seen[path] = found
    return found


def _parse(path: str) -> Route:
    parts = path.strip("/").split("/")
    if parts[0] == "api" and len(parts) > 2:
        group, version, parts = "", parts[1], parts[2:]
    elif parts[0] == "apis" and len(parts) > 3:
        group, version, parts = parts[1], parts[2], parts[3:]
    else:
        return Route(path)
    watching = parts[0] == "watch" and len(parts) > 1
    if watching:
        parts = parts[1:]
    namespace = ""
    if parts[0] == "namespaces" and len(parts) > 1:
        namespace = parts[1]
        if len(parts) > 2 and not (len(parts) == 3 and parts[2] in _NAMESPACE_SUBRESOURCES):
            parts = parts[2:]
    plural, name, subresource = [*parts[:3], "", "", ""][:3]
    return Route(path, group, version, namespace, plural, name, subresource, "/".join(parts[3:]), watching)
