"""Keeps the catalogue in step with the definitions: every served version of an established one is a resource.

A definition is served from the moment at which it is known to be established, in the same step of the event loop.
Watches of a resource end when its definition changes, so that clients come back and see the new form.

Limit: conversion webhooks are not asked. Of definitions that have one only the stored version is served, so that no
object is ever shown or kept in a form that nobody has converted.
"""

from collections.abc import Callable
from typing import Any

from pyk3s.api import catalog
from pyk3s.api.customresources import naming
from pyk3s.api.customresources.kind import CustomKind
from pyk3s.apiserver.cache import selection
from pyk3s.apiserver.crd.strategy import Custom
from pyk3s.apiserver.registry import registry as registries

JSON = dict[str, Any]
VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")
VIEW_VERBS = ("get", "patch", "update")
Changed = Callable[[str, str], None]


class Serving:
    """The custom resources of a server. `changed` hears of every group version that is served in another way."""

    def __init__(self, registry: registries.Registry, changed: Changed):
        self._registry, self._changed = registry, changed
        self._served: dict[str, tuple[Any, list[catalog.Resource]]] = {}

    def update(self, definition: JSON) -> None:
        """Serve what a definition now says."""
        name = definition["metadata"]["name"]
        said = (definition["spec"], definition["status"].get("acceptedNames"), _lifecycle(definition))
        if name in self._served and self._served[name][0] == said:
            return
        before = self.remove(name)
        if not naming.holds(definition, naming.ESTABLISHED):
            return
        made = list(resources(definition))
        self._served[name] = (said, made)
        for resource in made:
            assert resource.custom is not None
            strategy = Custom(resource.custom)
            store = self._registry.adopt(resource, strategy)
            projection = selection.Projection(strategy.selectable)
            if projection.names != store.collection.projection.names:
                store.collection.select_by(projection)
        for group, version in {(each.group, each.version) for each in [*before, *made]}:
            self._changed(group, version)

    def remove(self, name: str) -> list[catalog.Resource]:
        """Serve a definition no more; returns what was served of it."""
        _, resources = self._served.pop(name, (None, []))
        for resource in resources:
            store = self._registry.store(resource)
            self._registry.forget(resource)
            store.collection.watchers.end_all()
            self._changed(resource.group, resource.version)
        return resources

    def resources(self, name: str) -> list[catalog.Resource]:
        """What is served of a definition."""
        return self._served[name][1] if name in self._served else []


def _lifecycle(definition: JSON) -> tuple[Any, ...]:
    metadata = definition["metadata"]
    established = naming.holds(definition, naming.ESTABLISHED)
    return established, bool(metadata.get("deletionTimestamp")), metadata.get("generation")


def _served(spec: JSON) -> list[JSON]:
    """The versions that can be served."""
    converts = (spec.get("conversion") or {}).get("strategy") == "Webhook"
    return [each for each in spec["versions"] if each.get("served") and (each.get("storage") or not converts)]


def resources(definition: JSON) -> list[catalog.Resource]:
    """What an established definition serves."""
    spec, names = definition["spec"], definition["status"]["acceptedNames"]
    group, plural = spec["group"], names["plural"]
    storage = next(each["name"] for each in spec["versions"] if each.get("storage"))
    reversed_group = ".".join(reversed(group.split(".")))
    return [
        catalog.Resource(
            group=group,
            version=version["name"],
            plural=plural,
            singular=names.get("singular", ""),
            kind=names["kind"],
            namespaced=spec["scope"] == "Namespaced",
            verbs=VERBS,
            definition=f"{reversed_group}.{version['name']}.{names['kind']}",
            short_names=tuple(names.get("shortNames") or ()),
            categories=tuple(names.get("categories") or ()),
            subresources=_subresources(version, names["kind"], group),
            storage_prefix=f"/registry/{group}/{plural}/",
            storage_group=group if version["name"] != storage else "",
            storage_version=storage if version["name"] != storage else "",
            custom=CustomKind(definition, version),
        )
        for version in _served(spec)
    ]


def _subresources(version: JSON, kind: str, group: str) -> tuple[catalog.SubResource, ...]:
    given = version.get("subresources") or {}
    found = []
    if given.get("status") is not None:
        found.append(catalog.SubResource("status", kind, VIEW_VERBS))
    if given.get("scale") is not None:
        found.append(catalog.SubResource("scale", "Scale", VIEW_VERBS, "autoscaling", "v1"))
    return tuple(found)
