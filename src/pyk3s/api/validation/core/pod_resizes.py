"""The `resize` sub-resource of pods: cpu and memory may change, the quality of service may not."""

from pyk3s.api import fields, quantity
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.core import pods

RESIZABLE = ("cpu", "memory")
CONTAINERS = ("containers", "initContainers")
OTHER_CLASS = "Pod QOS Class may not change as a result of resizing"
ONLY_RESIZABLE = "only cpu and memory resources for containers are mutable"


def quality_of_service(spec: Object) -> str:
    """Guaranteed if everything is limited to what it requests, BestEffort if nothing is said, else Burstable."""
    described = [spec] if spec.get("resources") else [each for key in CONTAINERS for each in spec.get(key) or ()]
    amounts = [_compute(each.get("resources") or {}) for each in described]
    if not any(requests or limits for requests, limits in amounts):
        return "BestEffort"
    guaranteed = all(set(limits) == set(RESIZABLE) and requests == limits for requests, limits in amounts)
    return "Guaranteed" if guaranteed else "Burstable"


def _compute(resources: Object) -> tuple[dict[str, quantity.Quantity], dict[str, quantity.Quantity]]:
    """Requests and limits of cpu and memory that are not zero; what is only limited is requested alike."""
    requests, limits = (
        {name: quantity.of(value) for name, value in (resources.get(side) or {}).items() if name in RESIZABLE}
        for side in ("requests", "limits")
    )
    requests = {name: value for name, value in {**limits, **requests}.items() if value}
    return requests, {name: value for name, value in limits.items() if value}


def update(new: Object, old: Object, errors: Errors) -> None:
    after, before = new.get("spec") or {}, old.get("spec") or {}
    pods.spec(after, "spec", errors)
    shown = quality_of_service(after)
    if shown != quality_of_service(before):
        errors.append(fields.invalid("spec", shown, OTHER_CLASS))
    for key in CONTAINERS:
        pairs = zip(after.get(key) or (), before.get(key) or (), strict=False)
        for index, (container, former) in enumerate(pairs):
            _container(container, former, f"spec.{key}[{index}].resources", errors)


def _container(container: Object, former: Object, path: str, errors: Errors) -> None:
    after, before = container.get("resources") or {}, former.get("resources") or {}
    for side in ("requests", "limits"):
        new, old = after.get(side) or {}, before.get(side) or {}
        if any(name in old and name not in new for name in RESIZABLE):
            errors.append(fields.forbidden(f"{path}.{side}", f"resource {side} cannot be removed"))
        others = (new.keys() | old.keys()) - set(RESIZABLE)
        if any(new.get(name) != old.get(name) for name in others):
            errors.append(fields.forbidden("spec", ONLY_RESIZABLE))
