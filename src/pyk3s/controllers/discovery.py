"""Which resources the API server has right now: built-in, custom and aggregated, as discovery tells.

Reads the aggregated documents (two requests), or the group-by-group ones from a server that has none. Nothing is
cached here.
"""

import asyncio
from typing import Any, NamedTuple

import msgspec

from pyk3s.client import resources, rest
from pyk3s.client.errors import ApiError

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"


class Served(NamedTuple):
    """A resource in its group's preferred version, and what can be done with it."""

    ref: resources.ResourceRef
    verbs: frozenset[str]


class Discovered(NamedTuple):
    """What is served, and group versions that could not be asked (an aggregated server is down)."""

    served: list[Served]
    unknown: list[str]


async def discover(client: rest.Client) -> Discovered:
    """Every resource once, in its preferred version. Raises ApiError, OSError."""
    found = Discovered([], [])
    for root in ("/api", "/apis"):
        document = msgspec.json.decode(await client.call("GET", root, accept=AGGREGATED))
        if "items" in document:
            _read_aggregated(document, found)
        else:
            await _read_one_by_one(client, root, document, found)
    return found


def _read_aggregated(document: dict[str, Any], found: Discovered) -> None:
    for group in document["items"]:
        name = group["metadata"].get("name", "")
        seen: set[str] = set()
        for version in group.get("versions") or ():
            if version.get("freshness") == "Stale":
                found.unknown.append(f"{name}/{version['version']}")
            for each in version.get("resources") or ():
                kind = (each.get("responseKind") or {}).get("kind", "")
                if each["resource"] not in seen and kind:
                    seen.add(each["resource"])
                    namespaced = each.get("scope") == "Namespaced"
                    ref = resources.ResourceRef(name, version["version"], each["resource"], kind, namespaced)
                    found.served.append(Served(ref, frozenset(each.get("verbs") or ())))


async def _read_one_by_one(client: rest.Client, root: str, document: dict[str, Any], found: Discovered) -> None:
    if root == "/api":
        versions = [("", version) for version in document.get("versions") or ()]
    else:
        versions = [
            (group["name"], version["version"]) for group in document.get("groups") or () for version in _ordered(group)
        ]
    listed = await asyncio.gather(*(_read_version(client, root, *each) for each in versions))
    seen: set[tuple[str, str]] = set()
    for (group, version), served in zip(versions, listed, strict=True):
        if served is None:
            found.unknown.append(f"{group}/{version}")
        for each in served or ():
            if (group, each.ref.plural) not in seen:
                seen.add((group, each.ref.plural))
                found.served.append(each)


def _ordered(group: dict[str, Any]) -> list[dict[str, Any]]:
    preferred = (group.get("preferredVersion") or {}).get("version")
    return sorted(group.get("versions") or (), key=lambda each: each["version"] != preferred)


async def _read_version(client: rest.Client, root: str, group: str, version: str) -> list[Served] | None:
    path = f"{root}/{group}/{version}" if group else f"{root}/{version}"
    try:
        document = await client.get(path)
    except ApiError:
        return None
    return [
        Served(
            resources.ResourceRef(group, version, each["name"], each["kind"], bool(each.get("namespaced"))),
            frozenset(each.get("verbs") or ()),
        )
        for each in document.get("resources") or ()
        if "/" not in each["name"]
    ]
