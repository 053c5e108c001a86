"""LimitRanger: a namespace's LimitRanges give containers their default resources and bound what may be asked for.

The rules are pure functions of a LimitRange's limits and a pod or claim; what they complain about are plain texts.
"""

from typing import Any

from pyk3s.api import accounting, catalog, quantity
from pyk3s.apiserver.admission import chain, lookup, pods, storage
from pyk3s.apiserver.registry import registry as registries

JSON = dict[str, Any]
Amounts = dict[str, quantity.Quantity]
ANNOTATION = "kubernetes.io/limit-ranger"
RESIZE = "resize"


class LimitRanger(chain.Base):
    """Concerns new and resized pods, and claims."""

    name = "LimitRanger"

    def __init__(self, registry: registries.Registry):
        self._limits: lookup.Lookup[list[JSON]] = lookup.Lookup(registry, "", "limitranges", _limits_of)

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        if storage.is_claims(resource):
            return operation in (chain.CREATE, chain.UPDATE) and not subresource
        if resource.plural != "pods" or resource.group:
            return False
        return (operation, subresource) in ((chain.CREATE, ""), (chain.UPDATE, RESIZE))

    def mutate(self, attributes: chain.Attributes) -> None:
        if attributes.resource.plural == "pods" and attributes.operation == chain.CREATE:
            for limits in self._limits.all(attributes.namespace):
                complete(attributes.object, limits)

    def validate(self, attributes: chain.Attributes) -> None:
        if attributes.operation == chain.UPDATE and attributes.object["metadata"].get("deletionTimestamp"):
            return
        check = pod_problems if attributes.resource.plural == "pods" else claim_problems
        for limits in self._limits.all(attributes.namespace):
            if problems := list(dict.fromkeys(check(attributes.object, limits))):
                told = problems[0] if len(problems) == 1 else f"[{', '.join(sorted(problems))}]"
                raise pods.refuse(attributes, told)


def _limits_of(limit_range: JSON) -> list[JSON]:
    return (limit_range.get("spec") or {}).get("limits") or []


def complete(pod: JSON, limits: list[JSON]) -> None:
    """Give containers the resources that they do not state, and say so in an annotation."""
    defaults: JSON = {"requests": {}, "limits": {}}
    for limit in limits:
        if limit["type"] == "Container":
            defaults["requests"].update(limit.get("defaultRequest") or {})
            defaults["limits"].update(limit.get("default") or {})
    told = [
        text
        for prefix, key in (("container", "containers"), ("init container", "initContainers"))
        for container in pod["spec"].get(key) or ()
        for text in _completed(container, defaults, f"{prefix} {container['name']}")
    ]
    if told:
        annotations = pod["metadata"].setdefault("annotations", {})
        annotations[ANNOTATION] = "LimitRanger plugin set: " + "; ".join(told)


def _completed(container: JSON, defaults: JSON, named: str) -> list[str]:
    told = []
    for side, word in (("requests", "request"), ("limits", "limit")):
        stated = (container.get("resources") or {}).get(side) or {}
        missing = {name: amount for name, amount in defaults[side].items() if name not in stated}
        if missing:
            container.setdefault("resources", {})[side] = {**stated, **missing}
            told.append(f"{', '.join(sorted(missing))} {word} for {named}")
    return told


def pod_problems(pod: JSON, limits: list[JSON]) -> list[str]:
    """How a pod leaves its bounds."""
    problems: list[str] = []
    spec = pod["spec"]
    for limit in limits:
        kind = limit["type"]
        if kind == "Container":
            for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
                resources = container.get("resources") or {}
                problems += _bounded(limit, _read(resources.get("requests")), _read(resources.get("limits")))
        elif kind == "Pod":
            problems += _bounded(
                limit, accounting.pod_amounts(spec, "requests"), accounting.pod_amounts(spec, "limits")
            )
    return problems


def claim_problems(claim: JSON, limits: list[JSON]) -> list[str]:
    """How a claim leaves its bounds; claims have requests only."""
    problems: list[str] = []
    requests = _read((claim["spec"].get("resources") or {}).get("requests"))
    for limit in limits:
        if limit["type"] == "PersistentVolumeClaim":
            for name, bound in _read(limit.get("min")).items():
                problems += _below(name, "PersistentVolumeClaim", bound, requests.get(name), None)
            for name, bound in _read(limit.get("max")).items():
                problems += _over(name, "PersistentVolumeClaim", bound, requests.get(name), "request")
    return problems


def _read(amounts: JSON | None) -> Amounts:
    return {name: quantity.of(amount) for name, amount in (amounts or {}).items()}


def _bounded(limit: JSON, requests: Amounts, limits: Amounts) -> list[str]:
    kind, problems = limit["type"], []
    for name, bound in _read(limit.get("min")).items():
        problems += _below(name, kind, bound, requests.get(name), limits.get(name))
    for name, bound in _read(limit.get("max")).items():
        found = _over(name, kind, bound, limits.get(name), "limit")
        request = requests.get(name)
        if not found and request is not None and request > bound:
            found = [f"maximum {name} usage per {kind} is {bound}, but request is {request}"]
        problems += found
    for name, bound in _read(limit.get("maxLimitRequestRatio")).items():
        problems += _ratio(name, kind, bound, requests.get(name), limits.get(name))
    return problems


Amount = quantity.Quantity | None


def _below(name: str, kind: str, bound: quantity.Quantity, request: Amount, limit: Amount) -> list[str]:
    told = f"minimum {name} usage per {kind} is {bound}"
    if request is None:
        return [f"{told}.  No request is specified"]
    if request < bound:
        return [f"{told}, but request is {request}"]
    return [f"{told}, but limit is {limit}"] if limit is not None and limit < bound else []


def _over(name: str, kind: str, bound: quantity.Quantity, amount: Amount, word: str) -> list[str]:
    told = f"maximum {name} usage per {kind} is {bound}"
    if amount is None:
        return [f"{told}.  No {word} is specified"]
    return [f"{told}, but {word} is {amount}"] if amount > bound else []


def _ratio(name: str, kind: str, bound: quantity.Quantity, request: Amount, limit: Amount) -> list[str]:
    told = f"{name} max limit to request ratio per {kind} is {bound}, but"
    if not request:
        return [f"{told} no request is specified or request is 0"]
    if not limit:
        return [f"{told} no limit is specified or limit is 0"]
    if limit.nanos * quantity.NANOS > bound.nanos * request.nanos:
        return [f"{told} provided ratio is {limit.nanos / request.nanos:f}"]
    return []
