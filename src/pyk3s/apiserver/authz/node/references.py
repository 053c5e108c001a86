"""Which objects the pods of a node refer to, found in the pods at the moment of asking.

Only the names of a node's pods are kept; the hundred pods that a node holds at most are decoded when it asks.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from pyk3s.apiserver.authz import following
from pyk3s.apiserver.cache import entry as entries
from pyk3s.apiserver.registry import registry as registries

JSON = dict[str, Any]
_decode = msgspec.json.Decoder().decode
NODE = "spec.nodeName"


class PodsOfNodes:
    """The pods of every node, by name."""

    def __init__(self, registry: registries.Registry):
        self._registry = registry
        self._by_node: dict[str, dict[str, None]] = {}

    def follow(self) -> None:
        """Take in the pods there are, and stay current."""
        self._collection = self._registry.find("", "pods").collection
        self._at = self._collection.watchers.index.paths.index(NODE)
        following.follow(self._collection, self._take)

    def _take(self, old: entries.Entry | None, new: entries.Entry | None) -> None:
        before, after = self._node_of(old), self._node_of(new)
        if before == after:
            return
        if before and old is not None:
            held = self._by_node.get(before, {})
            held.pop(old.key, None)
            if not held:
                self._by_node.pop(before, None)
        if after and new is not None:
            self._by_node.setdefault(after, {})[new.key] = None

    def _node_of(self, entry: entries.Entry | None) -> str:
        return entry.indexed(self._collection.watchers.index)[self._at] if entry is not None else ""

    def refer_to(self, node: str, plural: str, namespace: str, name: str) -> bool:
        """Whether a pod on the node uses the secret, config map, claim, volume or service account."""
        if plural == "persistentvolumes":
            return self._uses_volume(node, name)
        if plural == "serviceaccounts":
            return any((pod.get("spec") or {}).get("serviceAccountName") == name for pod in self._pods(node, namespace))
        return any((plural, name) in references(pod) for pod in self._pods(node, namespace)) or (
            plural == "secrets" and self._used_by_volumes(node, namespace, name)
        )

    def _pods(self, node: str, namespace: str = "") -> Iterator[JSON]:
        for key in self._by_node.get(node, ()):
            if (not namespace or key.startswith(f"{namespace}/")) and (entry := self._collection.get(key)):
                yield _decode(entry.value)

    def _volumes(self, node: str) -> Iterator[JSON]:
        """The persistent volumes bound to the claims of the node's pods."""
        for pod in self._pods(node):
            namespace = pod["metadata"]["namespace"]
            for plural, claim_name in references(pod):
                if plural != "persistentvolumeclaims":
                    continue
                claim = self._registry.read("", plural, claim_name, namespace=namespace) or {}
                volume = self._registry.read("", "persistentvolumes", (claim.get("spec") or {}).get("volumeName", ""))
                if volume is not None:
                    yield volume

    def _uses_volume(self, node: str, name: str) -> bool:
        return any(volume["metadata"]["name"] == name for volume in self._volumes(node))

    def _used_by_volumes(self, node: str, namespace: str, name: str) -> bool:
        return any(_names_secret(volume.get("spec") or {}, namespace, name) for volume in self._volumes(node))


def _names_secret(source: JSON, namespace: str, name: str) -> bool:
    """Whether a volume's source mentions a secret; a reference without namespace means the claim's."""
    for key, value in source.items():
        if isinstance(value, dict):
            if key.endswith("SecretRef") or key == "secretRef":
                if value.get("name") == name and value.get("namespace", namespace) == namespace:
                    return True
            elif _names_secret(value, namespace, name):
                return True
    return False


def references(pod: JSON) -> set[tuple[str, str]]:
    """(plural, name) of every secret, config map and claim that a pod mentions."""
    spec = pod.get("spec") or {}
    found = {("secrets", each["name"]) for each in spec.get("imagePullSecrets") or () if each.get("name")}
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(kind) or ():
            found |= _of_environment(container)
    for volume in spec.get("volumes") or ():
        found |= _of_volume(pod, volume)
    for claim in spec.get("resourceClaims") or ():
        if claim.get("resourceClaimName"):
            found.add(("resourceclaims", claim["resourceClaimName"]))
    return found


def _of_environment(container: JSON) -> set[tuple[str, str]]:
    sources = [*(container.get("envFrom") or ()), *(each.get("valueFrom") or {} for each in container.get("env") or ())]
    found = set()
    for source in sources:
        for key, plural in (("secretRef", "secrets"), ("configMapRef", "configmaps")):
            found.add((plural, (source.get(key) or {}).get("name", "")))
        for key, plural in (("secretKeyRef", "secrets"), ("configMapKeyRef", "configmaps")):
            found.add((plural, (source.get(key) or {}).get("name", "")))
    return {each for each in found if each[1]}


def _of_volume(pod: JSON, volume: JSON) -> set[tuple[str, str]]:
    found = {
        ("secrets", (volume.get("secret") or {}).get("secretName", "")),
        ("configmaps", (volume.get("configMap") or {}).get("name", "")),
        ("persistentvolumeclaims", (volume.get("persistentVolumeClaim") or {}).get("claimName", "")),
    }
    if "ephemeral" in volume:
        found.add(("persistentvolumeclaims", f"{pod['metadata']['name']}-{volume['name']}"))
    for source in (volume.get("projected") or {}).get("sources") or ():
        found.add(("secrets", (source.get("secret") or {}).get("name", "")))
        found.add(("configmaps", (source.get("configMap") or {}).get("name", "")))
    for source in volume.values():
        if isinstance(source, dict):
            for key in ("secretRef", "nodePublishSecretRef"):
                found.add(("secrets", (source.get(key) or {}).get("name", "")))
            if "secretName" in source:
                found.add(("secrets", source["secretName"]))
    return {each for each in found if each[1]}
