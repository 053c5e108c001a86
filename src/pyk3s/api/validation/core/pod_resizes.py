"""The `resize` sub-resource of pods: cpu and memory may change, the quality of service may not."""

from pyk3s.api import fields, quality_of_service
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.core import pods

RESIZABLE = quality_of_service.COUNTED
CONTAINERS = ("containers", "initContainers")
OTHER_CLASS = "Pod QOS Class may not change as a result of resizing"
ONLY_RESIZABLE = "only cpu and memory resources for containers are mutable"


def update(new: Object, old: Object, errors: Errors) -> None:
    after, before = new.get("spec") or {}, old.get("spec") or {}
    pods.spec(after, "spec", errors)
    shown = quality_of_service.of(after)
    if shown != quality_of_service.of(before):
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
