"""RuntimeClass: a pod of a runtime class gets the class' overhead, node selector and tolerations."""

from typing import NamedTuple

from pyk3s.api import quantity
from pyk3s.apiserver.admission import chain, lookup, pods
from pyk3s.apiserver.registry import registry as registries

JSON = lookup.JSON
MISMATCH = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"
UNDEFINED = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"


class Class(NamedTuple):
    """What a class asks of its pods. No overhead is None."""

    overhead: dict[str, str] | None
    selector: dict[str, str]
    tolerations: list[JSON]


def read(obj: JSON) -> Class:
    scheduling, overhead = obj.get("scheduling") or {}, obj.get("overhead")
    return Class(
        None if overhead is None else overhead.get("podFixed") or {},
        scheduling.get("nodeSelector") or {},
        scheduling.get("tolerations") or [],
    )


class RuntimeClasses(pods.OnPods):
    """Completes pods that name a class, refuses those that name none that exists or claim another overhead."""

    name = "RuntimeClass"

    def __init__(self, registry: registries.Registry):
        super().__init__(registry)
        self._classes = lookup.Lookup(registry, "node.k8s.io", "runtimeclasses", read)

    def mutate(self, attributes: chain.Attributes) -> None:
        spec = attributes.object["spec"]
        found = self._class(attributes)
        if found is None:
            return
        if found.overhead is not None:
            if spec.get("overhead") and not _same(spec["overhead"], found.overhead):
                raise pods.refuse(attributes, MISMATCH)
            spec["overhead"] = dict(found.overhead)
        if found.selector:
            spec["nodeSelector"] = _merged_selector(attributes, spec.get("nodeSelector") or {}, found.selector)
        if found.tolerations:
            spec["tolerations"] = merged_tolerations(spec.get("tolerations") or [], found.tolerations)

    def validate(self, attributes: chain.Attributes) -> None:
        overhead = attributes.object["spec"].get("overhead")
        found = self._class(attributes)
        if found is not None and found.overhead is not None:
            if not _same(overhead or {}, found.overhead):
                raise pods.refuse(attributes, MISMATCH)
        elif overhead:
            raise pods.refuse(attributes, UNDEFINED)

    def _class(self, attributes: chain.Attributes) -> Class | None:
        name = attributes.object["spec"].get("runtimeClassName")
        if name is None:
            return None
        found = self._classes.get(name)
        if found is None:
            raise pods.refuse(attributes, f'pod rejected: RuntimeClass "{name}" not found')
        return found


def _same(one: dict[str, str], other: dict[str, str]) -> bool:
    return {name: quantity.of(amount) for name, amount in one.items()} == {
        name: quantity.of(amount) for name, amount in other.items()
    }


def _merged_selector(attributes: chain.Attributes, stated: dict[str, str], wanted: dict[str, str]) -> dict[str, str]:
    for key, value in wanted.items():
        if key in stated and stated[key] != value:
            raise pods.refuse(
                attributes,
                f"conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; "
                f"pod.spec.nodeSelector[{key}] = {stated[key]}",
            )
    return {**stated, **wanted}


def merged_tolerations(first: list[JSON], second: list[JSON]) -> list[JSON]:
    """Both lists without tolerations that another one includes; the first of two equal ones stays."""
    every = [*first, *second]
    return [
        each
        for index, each in enumerate(every)
        if not any(
            other is not each and _includes(other, each) and (place < index or not _includes(each, other))
            for place, other in enumerate(every)
        )
    ]


def _includes(wide: JSON, narrow: JSON) -> bool:
    """Whether whatever `narrow` tolerates is tolerated by `wide`."""
    if wide == narrow:
        return True
    key, effect = wide.get("key") or "", wide.get("effect") or ""
    if key and key != (narrow.get("key") or ""):
        return False
    if effect and effect != (narrow.get("effect") or ""):
        return False
    if (seconds := wide.get("tolerationSeconds")) is not None:
        other = narrow.get("tolerationSeconds")
        if other is None or max(seconds, 0) < max(other, 0):
            return False
    if (wide.get("operator") or "Equal") == "Exists":
        return True
    return (narrow.get("operator") or "Equal") == "Equal" and (wide.get("value") or "") == (narrow.get("value") or "")
