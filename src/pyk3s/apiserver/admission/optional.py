"""Plug-ins that are off unless they are asked for by name, and need no configuration."""

from collections.abc import Iterator
from typing import Any

from pyk3s.api import catalog, status
from pyk3s.api.validation.core import resources
from pyk3s.apiserver.admission import chain, lookup, pods
from pyk3s.apiserver.registry import registry as registries

JSON = dict[str, Any]
ALWAYS = "Always"
HOST_NAME = "kubernetes.io/hostname"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


class WrittenPods(chain.Base):
    """A plug-in that sees pods as they are created and updated."""

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        is_pods = resource.plural == "pods" and not resource.group
        return is_pods and not subresource and operation in (chain.CREATE, chain.UPDATE)


def _containers(pod: JSON) -> Iterator[tuple[str, JSON]]:
    """Every container with the place where it is."""
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for index, each in enumerate(pod["spec"].get(kind) or ()):
            yield f"spec.{kind}[{index}]", each


class AlwaysPullImages(WrittenPods):
    """Images are pulled at every start, so that only who may pull a private image runs it, wherever it lies already."""

    name = "AlwaysPullImages"

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        return super().concerns(operation, resource, "" if subresource == "ephemeralcontainers" else subresource)

    def mutate(self, attributes: chain.Attributes) -> None:
        if self._is_new(attributes):
            for _, each in _containers(attributes.object):
                each["imagePullPolicy"] = ALWAYS

    def validate(self, attributes: chain.Attributes) -> None:
        for place, each in _containers(attributes.object) if self._is_new(attributes) else ():
            if (found := each.get("imagePullPolicy")) != ALWAYS:
                raise pods.refuse(
                    attributes, f'{place}.imagePullPolicy: Unsupported value: "{found}": supported values: "{ALWAYS}"'
                )

    @staticmethod
    def _is_new(attributes: chain.Attributes) -> bool:
        """Whether there is an image that was not there before."""
        before = {each.get("image") for _, each in _containers(attributes.old)} if attributes.old else set()
        return any(each.get("image") not in before for _, each in _containers(attributes.object))


class ExtendedResourceToleration(WrittenPods):
    """A pod that asks for a device tolerates the taint by which nodes with such devices are kept free."""

    name = "ExtendedResourceToleration"

    def mutate(self, attributes: chain.Attributes) -> None:
        spec, wanted = attributes.object["spec"], set()
        for _, each in _containers(attributes.object):
            described = each.get("resources") or {}
            for side in ("requests", "limits"):
                wanted |= {name for name in described.get(side) or () if resources.is_extended(name)}
        tolerations = spec.get("tolerations") or []
        more = [{"key": name, "operator": "Exists"} for name in sorted(wanted)]
        if missing := [each for each in more if each not in tolerations]:
            spec["tolerations"] = tolerations + missing


class LimitPodHardAntiAffinityTopology(WrittenPods):
    """Pods may be kept apart from others by node alone, so that nobody claims a whole zone."""

    name = "LimitPodHardAntiAffinityTopology"

    def validate(self, attributes: chain.Attributes) -> None:
        apart = (attributes.object["spec"].get("affinity") or {}).get("podAntiAffinity") or {}
        for term in apart.get(REQUIRED) or ():
            if (key := term.get("topologyKey") or "") != HOST_NAME:
                raise pods.refuse(
                    attributes,
                    f"affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey {key} "
                    f"but only key {HOST_NAME} is allowed",
                )


class DenyServiceExternalIPs(chain.Base):
    """Services may not take over addresses that are not theirs; those they have already, they keep."""

    name = "DenyServiceExternalIPs"

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        return resource.plural == "services" and not resource.group and operation in (chain.CREATE, chain.UPDATE)

    def validate(self, attributes: chain.Attributes) -> None:
        before = ((attributes.old or {}).get("spec") or {}).get("externalIPs") or ()
        wanted = (attributes.object.get("spec") or {}).get("externalIPs") or ()
        if not set(wanted) <= set(before):
            raise pods.refuse(attributes, "Use of external IPs is denied by admission control")


class NamespaceExists(chain.Base):
    """Nothing is written or deleted in a namespace that is not there."""

    name = "NamespaceExists"

    def __init__(self, registry: registries.Registry):
        self._there = lookup.Lookup(registry, "", "namespaces", lambda namespace: True)

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        return resource.namespaced and resource.stored and operation != chain.CONNECT

    def validate(self, attributes: chain.Attributes) -> None:
        if self._there.get(attributes.namespace) is None:
            raise status.not_found("", "namespaces", attributes.namespace)
