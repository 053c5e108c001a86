"""Discovery and OpenAPI index with what other servers serve: pure functions from documents to documents."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from pyk3s.apiserver.aggregation import local

JSON = dict[str, Any]


class Served(NamedTuple):
    """A group version of another server, with the resources of its own discovery document."""

    group: str
    version: str
    group_priority: int
    version_priority: int
    resources: Sequence[JSON]
    is_current: bool


def by_group(served: Sequence[Served]) -> Mapping[str, list[Served]]:
    """Group versions by group: groups and versions both in order of priority."""
    groups: dict[str, list[Served]] = {}
    for each in sorted(served, key=lambda one: (-one.group_priority, one.group, -one.version_priority, one.version)):
        groups.setdefault(each.group, []).append(each)
    return groups


def group_list(document: JSON, served: Sequence[Served]) -> JSON:
    """/apis with the groups of others among the own ones."""
    own = document["groups"]
    return {**document, "groups": _merged(own, served, lambda each: str(each["name"]), group)}


def group(own: JSON | None, versions: Sequence[Served]) -> JSON:
    """/apis/GROUP, without kind, with the versions of others after the own ones."""
    name = versions[0].group
    found = [*(own["versions"] if own else ())]
    known = {each["version"] for each in found}
    found += [
        {"groupVersion": f"{name}/{each.version}", "version": each.version}
        for each in versions
        if each.version not in known
    ]
    return {"name": name, "versions": found, "preferredVersion": found[0]}


def aggregated(document: JSON, served: Sequence[Served]) -> JSON:
    """/apis in the form that has everything in one answer."""
    own = document["items"]
    return {**document, "items": _merged(own, served, lambda each: str(each["metadata"]["name"]), _aggregated_group)}


def _merged(
    own: list[JSON],
    served: Sequence[Served],
    name: Callable[[JSON], str],
    make: Callable[[JSON | None, Sequence[Served]], JSON],
) -> list[JSON]:
    groups = by_group(served)
    merged = [make(each, groups[name(each)]) if name(each) in groups else each for each in own]
    known = {name(each) for each in own}
    for key, versions in groups.items():
        if key in known:
            continue
        priority = versions[0].group_priority
        place = next((at for at, each in enumerate(merged) if local.priority(name(each)) < priority), len(merged))
        while place < len(merged) and name(merged[place]) in groups:
            place += 1
        merged.insert(place, make(None, versions))
    return merged


def _aggregated_group(own: JSON | None, versions: Sequence[Served]) -> JSON:
    found = [*(own["versions"] if own else ())]
    known = {each["version"] for each in found}
    found += [_aggregated_version(each) for each in versions if each.version not in known]
    return {"metadata": own["metadata"] if own else {"name": versions[0].group}, "versions": found}


def _aggregated_version(served: Served) -> JSON:
    shown = [_aggregated_resource(served, each) for each in served.resources if "/" not in each["name"]]
    return {"version": served.version, "resources": shown, "freshness": "Current" if served.is_current else "Stale"}


def _aggregated_resource(served: Served, resource: JSON) -> JSON:
    shown: JSON = {
        "resource": resource["name"],
        "responseKind": _kind(served, resource),
        "scope": "Namespaced" if resource.get("namespaced") else "Cluster",
        "singularResource": resource.get("singularName") or "",
        "verbs": resource.get("verbs") or [],
    }
    shown |= {key: resource[key] for key in ("shortNames", "categories") if resource.get(key)}
    opening = f"{resource['name']}/"
    parts = [each for each in served.resources if each["name"].startswith(opening)]
    if parts:
        shown["subresources"] = [
            {
                "subresource": each["name"].removeprefix(opening),
                "responseKind": _kind(served, each),
                "verbs": each.get("verbs") or [],
            }
            for each in parts
        ]
    return shown


def _kind(served: Served, resource: JSON) -> JSON:
    return {
        "group": resource.get("group") or served.group,
        "version": resource.get("version") or served.version,
        "kind": resource.get("kind") or "",
    }


def openapi_index(document: JSON, addresses: Mapping[str, str]) -> JSON:
    """/openapi/v3 with the documents of others: `apis/GROUP/VERSION` -> address relative to the server."""
    paths = {**document["paths"], **{name: {"serverRelativeURL": address} for name, address in addresses.items()}}
    return {"paths": dict(sorted(paths.items()))}
