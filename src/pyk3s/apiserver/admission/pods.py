"""What admission adds to pods: priority, tolerations, topology; and the taint of new nodes."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pyk3s.api import catalog, status
from pyk3s.apiserver.admission import chain, lookup
from pyk3s.apiserver.registry import registry as registries

JSON = dict[str, Any]
NOT_READY, UNREACHABLE = "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"
TOLERATED_S = 300
TOPOLOGY = ("topology.kubernetes.io/zone", "topology.kubernetes.io/region")


class OnPods(chain.Base):
    """A plug-in that sees pods as they are created."""

    def __init__(self, registry: registries.Registry):
        self._registry = registry

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        return operation == chain.CREATE and _is_pods(resource) and not subresource


def _is_pods(resource: catalog.Resource) -> bool:
    return resource.plural == "pods" and not resource.group


def refuse(attributes: chain.Attributes, why: str) -> status.StatusError:
    """403 for the object that is about to be written."""
    return attributes.forbidden(why)


class Priority(OnPods):
    """Resolves priorityClassName, or the default class, to numbers; an update keeps them."""

    name = "Priority"

    def __init__(self, registry: registries.Registry):
        super().__init__(registry)
        self._classes = lookup.Lookup(registry, "scheduling.k8s.io", "priorityclasses", _class_of)
        self._among: Sequence[Class] | None = None
        self._fallback = NO_CLASS

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        return operation in (chain.CREATE, chain.UPDATE) and _is_pods(resource) and not subresource

    def mutate(self, attributes: chain.Attributes) -> None:
        spec = attributes.object["spec"]
        if attributes.operation == chain.UPDATE:
            before = (attributes.old or {}).get("spec") or {}
            for key in ("priority", "preemptionPolicy"):
                if spec.get(key) is None and before.get(key) is not None:
                    spec[key] = before[key]
            return
        name = spec.get("priorityClassName") or ""
        found = self._named(attributes, name) if name else self._default()
        if found.name:
            spec["priorityClassName"] = found.name
        if spec.get("priority") not in (None, found.value):
            raise refuse(
                attributes,
                f"the integer value of priority ({spec['priority']}) must not be provided in pod spec; "
                f"priority admission controller computed {found.value} from the given PriorityClass name",
            )
        spec["priority"] = found.value
        if spec.get("preemptionPolicy") not in (None, found.policy):
            raise refuse(
                attributes,
                f"the string value of PreemptionPolicy ({spec['preemptionPolicy']}) must not be provided in pod spec; "
                f"priority admission controller computed {found.policy} from the given PriorityClass name",
            )
        spec["preemptionPolicy"] = found.policy

    def _named(self, attributes: chain.Attributes, name: str) -> "Class":
        found = self._classes.get(name)
        if found is None:
            raise refuse(attributes, f"no PriorityClass with name {name} was found")
        return found

    def _default(self) -> "Class":
        """The class marked as default; of several the one with the lowest value. Chosen anew when classes change."""
        classes = self._classes.all()
        if classes is not self._among:
            self._fallback = min((each for each in classes if each.is_default), key=_value, default=NO_CLASS)
            self._among = classes
        return self._fallback


class Class(NamedTuple):
    """What counts about a priority class."""

    name: str = ""
    value: int = 0
    policy: str = "PreemptLowerPriority"
    is_default: bool = False


NO_CLASS = Class()


def _class_of(obj: JSON) -> Class:
    policy = obj.get("preemptionPolicy") or NO_CLASS.policy
    return Class(obj["metadata"]["name"], obj.get("value", 0), policy, bool(obj.get("globalDefault")))


def _value(found: Class) -> int:
    return found.value


class OneDefaultPriority(chain.Base):
    """Only one priority class may be the default."""

    name = "Priority"

    def __init__(self, registry: registries.Registry):
        self._classes = lookup.Lookup(registry, "scheduling.k8s.io", "priorityclasses", _class_of)

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        return operation in (chain.CREATE, chain.UPDATE) and resource.plural == "priorityclasses"

    def validate(self, attributes: chain.Attributes) -> None:
        if not attributes.object.get("globalDefault"):
            return
        for each in self._classes.all():
            if each.is_default and each.name != attributes.name:
                raise refuse(
                    attributes, f"PriorityClass {each.name} is already marked as default. Only one default can exist"
                )


class DefaultTolerations(OnPods):
    """Lets pods stay for a time on a node that is not ready or unreachable; also those that are updated."""

    name = "DefaultTolerationSeconds"

    def __init__(self, registry: registries.Registry, not_ready_s: int = TOLERATED_S, unreachable_s: int = TOLERATED_S):
        super().__init__(registry)
        self._seconds = {NOT_READY: not_ready_s, UNREACHABLE: unreachable_s}

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        operation = chain.CREATE if operation == chain.UPDATE else operation
        return super().concerns(operation, resource, subresource)

    def mutate(self, attributes: chain.Attributes) -> None:
        spec = attributes.object["spec"]
        tolerations = spec.get("tolerations") or []
        added = []
        for key, seconds in self._seconds.items():
            if not (tolerations and _any_tolerates(tolerations, key)):
                added.append({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": seconds})
        if added:
            spec["tolerations"] = tolerations + added


def _any_tolerates(tolerations: list[JSON], key: str) -> bool:
    return any(
        each.get("key") in (None, "", key) and each.get("effect") in (None, "", "NoExecute") for each in tolerations
    )


class TaintNewNodes(chain.Base):
    """A node that registers is tainted as not ready until it is."""

    name = "TaintNodesByCondition"

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        return operation == chain.CREATE and resource.plural == "nodes" and not resource.group

    def mutate(self, attributes: chain.Attributes) -> None:
        taints = attributes.object.setdefault("spec", {}).setdefault("taints", [])
        if not any(each.get("key") == NOT_READY and each.get("effect") == "NoSchedule" for each in taints):
            taints.append({"key": NOT_READY, "effect": "NoSchedule"})


class TopologyLabels(chain.Base):
    """A pod that gets its node, by its own spec or by a Binding, is labelled with the node's zone and region."""

    name = "PodTopologyLabels"

    def __init__(self, registry: registries.Registry):
        self._topologies = lookup.Lookup(registry, "", "nodes", _topology)

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        is_bindings = not resource.group and resource.plural == "bindings"
        return operation == chain.CREATE and (is_bindings or (_is_pods(resource) and subresource in ("", "binding")))

    def mutate(self, attributes: chain.Attributes) -> None:
        obj = attributes.object
        node = obj["spec"].get("nodeName") if "spec" in obj else (obj.get("target") or {}).get("name")
        if node and (labels := self._topologies.get(node)):
            obj["metadata"]["labels"] = {**(obj["metadata"].get("labels") or {}), **labels}


def _topology(node: JSON) -> dict[str, str]:
    labels = node["metadata"].get("labels") or {}
    return {key: labels[key] for key in TOPOLOGY if key in labels}
