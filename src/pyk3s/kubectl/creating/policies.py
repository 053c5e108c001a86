"""Namespaces, quotas, priority classes and disruption budgets."""

from typing import Any

from pyk3s.api import selectors
from pyk3s.kubectl.arguments import NUMBER, SWITCH, Flag
from pyk3s.kubectl.command import Call
from pyk3s.kubectl.creating import generator
from pyk3s.kubectl.errors import CommandError

JSON = dict[str, Any]
_COUNTS = {"currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0}


def namespace(call: Call, name: str) -> JSON:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}, "spec": {}, "status": {}}


def quota(call: Call, name: str) -> JSON:
    spec: JSON = {}
    if hard := call.flags.text("hard"):
        spec["hard"] = generator.pairs(hard.split(","), "argument syntax")
    if scopes := call.flags.text("scopes"):
        spec["scopes"] = scopes.split(",")
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": name}, "spec": spec, "status": {}}


def priority_class(call: Call, name: str) -> JSON:
    flags = call.flags
    obj: JSON = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}}
    obj |= {"value": flags.number("value"), "preemptionPolicy": flags.text("preemption-policy")}
    if flags.text("description"):
        obj["description"] = flags.text("description")
    return obj | ({"globalDefault": True} if flags.on("global-default") else {})


def disruption_budget(call: Call, name: str) -> JSON:
    flags = call.flags
    if not flags.text("selector"):
        raise CommandError("a selector must be specified")
    least, most = flags.text("min-available"), flags.text("max-unavailable")
    if bool(least) == bool(most):
        text = "one of min-available or max-unavailable must be specified"
        raise CommandError(text if not least else "min-available and max-unavailable cannot be both specified")
    spec: JSON = {"maxUnavailable" if most else "minAvailable": _number_or_share(least or most)}
    spec["selector"] = label_selector(flags.text("selector"))
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name},
        "spec": spec,
        "status": dict(_COUNTS),
    }


def _number_or_share(text: str) -> int | str:
    return int(text) if text.isdecimal() else text


def label_selector(text: str) -> JSON:
    """A selector's text as a LabelSelector; raises CommandError."""
    try:
        found = selectors.parse_labels(text)
    except selectors.SelectorError as error:
        raise CommandError(str(error)) from error
    labels, expressions = {}, []
    for each in found.requirements:
        if each.operator == selectors.IN and len(each.values) == 1:
            labels[each.key] = min(each.values)
        else:
            values = {"values": sorted(each.values)} if each.values else {}
            expressions.append({"key": each.key, "operator": each.operator, **values})
    return ({"matchLabels": labels} if labels else {}) | ({"matchExpressions": expressions} if expressions else {})


NAMESPACE = generator.command("NAME", "Create a namespace with the specified name", (), generator.pure(namespace))
QUOTA = generator.command(
    "NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2]",
    "Create a quota with the specified name",
    (Flag("hard", text="resource=quantity,... that may not be exceeded"), Flag("scopes", text="What is counted")),
    generator.pure(quota),
)
PRIORITY_CLASS = generator.command(
    "NAME --value=VALUE --global-default=BOOL",
    "Create a priority class with the specified name",
    (
        Flag("value", "", NUMBER, "0", text="The priority"),
        Flag("description", text="When to use it"),
        Flag("global-default", "", SWITCH, text="Use it for pods that name none"),
        Flag("preemption-policy", default="PreemptLowerPriority", text="PreemptLowerPriority or Never"),
    ),
    generator.pure(priority_class),
)
DISRUPTION_BUDGET = generator.command(
    "NAME --selector=SELECTOR --min-available=N",
    "Create a pod disruption budget with the specified name",
    (
        Flag("selector", text="Which pods"),
        Flag("min-available", text="How many, or which share, must stay"),
        Flag("max-unavailable", text="How many, or which share, may go"),
    ),
    generator.pure(disruption_budget),
)
