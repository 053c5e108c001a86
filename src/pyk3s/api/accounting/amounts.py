"""The resources of a pod as a whole, out of those of its containers.

Containers and sidecars run together, steps of initialisation one after the other beside the sidecars started before:
the pod needs the larger of both. What is stated for the pod as a whole takes the place of that.
"""

from typing import Any, Literal

from pyk3s.api import quantity

JSON = dict[str, Any]
Amounts = dict[str, quantity.Quantity]
Side = Literal["requests", "limits"]


def pod_amounts(spec: JSON, side: Side, *, overhead: bool = False) -> Amounts:
    """Requests or limits of a pod; `overhead` adds that of its runtime class, to limits where there are any."""
    needed = of_containers(spec, side)
    needed.update(_of(spec, side))
    if overhead:
        extra = read(spec.get("overhead"))
        _add(needed, extra if side == "requests" else {name: extra[name] for name in extra if name in needed})
    return needed


def of_containers(spec: JSON, side: Side) -> Amounts:
    """What the containers of a pod need together."""
    needed: Amounts = {}
    for container in spec.get("containers") or ():
        _add(needed, _of(container, side))
    sidecars: Amounts = {}
    for container in spec.get("initContainers") or ():
        step = dict(sidecars)
        _add(step, _of(container, side))
        if container.get("restartPolicy") == "Always":
            sidecars = step
            _add(needed, _of(container, side))
        _raise(needed, step)
    return needed


def read(stated: JSON | None) -> Amounts:
    """A resource list as quantities."""
    return {name: quantity.of(amount) for name, amount in (stated or {}).items()}


def _of(described: JSON, side: Side) -> Amounts:
    return read((described.get("resources") or {}).get(side))


def _add(total: Amounts, more: Amounts) -> None:
    for name, amount in more.items():
        total[name] = total[name] + amount if name in total else amount


def _raise(total: Amounts, least: Amounts) -> None:
    for name, amount in least.items():
        total[name] = max(total.get(name, quantity.ZERO), amount)
