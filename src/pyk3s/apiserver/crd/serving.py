"""Keeps the catalogue in step with the definitions: every served version of an established one is a resource.

A definition is served from the moment at which it is known to be established, in the same step of the event loop.
Watches of a resource end when its definition changes, so that clients come back and see the new form.

Where versions are converted by a webhook, the stores of a definition share the one that asks it.
"""

from collections.abc import Callable, Iterable
from typing import Any

from pyk3s.api import catalog
from pyk3s.api.customresources import naming
from pyk3s.api.customresources.kind import CustomKind
from pyk3s.apiserver import webhook_client
from pyk3s.apiserver.cache import selection
from pyk3s.apiserver.crd import converting
from pyk3s.apiserver.crd.strategy import Custom
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.registry import store as stores

JSON = dict[str, Any]
VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")
VIEW_VERBS = ("get", "patch", "update")
Changed = Callable[[str, str], None]


class Serving:
    """The custom resources of a server. `changed` hears of every group version that is served in another way."""

    def __init__(self, registry: registries.Registry, caller: webhook_client.Caller, changed: Changed):
        self._registry, self._caller, self._changed = registry, caller, changed
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
        made = resources(definition)
        self._served[name] = (said, made)
        self._adopt(made, stored(definition, made), self._converter(definition["spec"]))
        for group, version in {(each.group, each.version) for each in [*before, *made]}:
            self._changed(group, version)

    def _converter(self, spec: JSON) -> stores.Converter | None:
        conversion = spec.get("conversion") or {}
        if conversion.get("strategy") != "Webhook" or len(spec["versions"]) == 1:
            return None
        return converting.Webhook(self._caller, conversion["webhook"])

    def _adopt(
        self, made: list[catalog.Resource], stored: catalog.Resource, converter: stores.Converter | None
    ) -> None:
        selectable: dict[selection.Field, None] = {}
        for resource in made:
            strategy = _strategy(resource)
            store = self._registry.adopt(resource, strategy, stored=stored, converter=converter)
            if not store.selects_elsewhere:
                selectable |= dict.fromkeys(strategy.selectable)
        projection = selection.Projection(tuple(selectable))
        if made and projection.names != store.collection.projection.names:
            store.collection.select_by(projection)

    def remove(self, name: str) -> list[catalog.Resource]:
        """Serve a definition no more; returns what was served of it."""
        _, resources = self._served.pop(name, (None, []))
        for resource in resources:
            store = self._registry.store(resource)
            self._registry.forget(resource)
            store.collection.watchers.end_all()
            self._changed(resource.group, resource.version)
        return resources

    def store_of_stored(self, definition: JSON) -> stores.ResourceStore | None:
        """The objects of a definition that is served, in the form in which they are kept."""
        _, made = self._served.get(definition["metadata"]["name"], (None, []))
        if not made:
            return None
        form = stored(definition, made)
        converter = self._converter(definition["spec"])
        return self._registry.custom_store(form, _strategy(form), stored=form, converter=converter)


def _lifecycle(definition: JSON) -> tuple[Any, ...]:
    metadata = definition["metadata"]
    established = naming.holds(definition, naming.ESTABLISHED)
    return established, bool(metadata.get("deletionTimestamp")), metadata.get("generation")


def _strategy(resource: catalog.Resource) -> Custom:
    assert resource.custom is not None
    return Custom(resource.custom)


def resources(definition: JSON) -> list[catalog.Resource]:
    """What an established definition serves."""
    return [_resource(definition, each) for each in definition["spec"]["versions"] if each.get("served")]


def stored(definition: JSON, served: Iterable[catalog.Resource]) -> catalog.Resource:
    """The form in which the objects of a definition are kept, which need not be served."""
    storage = _storage(definition["spec"])
    found = next((each for each in served if each.version == storage["name"]), None)
    return found or _resource(definition, storage)


def _storage(spec: JSON) -> JSON:
    found: JSON = next(each for each in spec["versions"] if each.get("storage"))
    return found


def _resource(definition: JSON, version: JSON) -> catalog.Resource:
    spec, names = definition["spec"], definition["status"]["acceptedNames"]
    group, plural = spec["group"], names["plural"]
    storage = _storage(spec)["name"]
    reversed_group = ".".join(reversed(group.split(".")))
    return catalog.Resource(
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


def _subresources(version: JSON, kind: str, group: str) -> tuple[catalog.SubResource, ...]:
    given = version.get("subresources") or {}
    found = []
    if given.get("status") is not None:
        found.append(catalog.SubResource("status", kind, VIEW_VERBS))
    if given.get("scale") is not None:
        found.append(catalog.SubResource("scale", "Scale", VIEW_VERBS, "autoscaling", "v1"))
    return tuple(found)
