"""The webhooks of all configurations of one kind: compiled when those change, free while there are none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyk3s.api import selectors
from pyk3s.api.admission import expressions
from pyk3s.apiserver import webhook_client
from pyk3s.apiserver.registry import registry as registries

JSON = dict[str, Any]
GROUP = "admissionregistration.k8s.io"
VALIDATING, MUTATING = "validatingwebhookconfigurations", "mutatingwebhookconfigurations"


@dataclass(frozen=True, eq=False)
class Hook:
    """One webhook, ready to be matched and called; compared by identity."""

    name: str
    client: JSON
    ca: str
    """PEM of the authorities that its server is trusted by; empty: those of the system."""
    rules: Sequence[JSON]
    match_policy: str
    namespace_selector: selectors.LabelSelector
    object_selector: selectors.LabelSelector
    conditions: Sequence[expressions.Expression]
    broken: str
    """Why its conditions cannot be used, if they cannot."""
    fails_closed: bool
    timeout_s: int
    has_side_effects: bool
    """Whether it may not be asked about a dry run."""
    reinvokes: bool
    excluded: Sequence[JSON] = ()


class Configurations:
    """The present webhooks, in order of configuration and of place in it."""

    def __init__(self, registry: registries.Registry, plural: str):
        self._store = registry.find(GROUP, plural)
        self._seen: int | None = None
        self._hooks: tuple[Hook, ...] = ()

    def __bool__(self) -> bool:
        return bool(len(self._store.collection))

    def hooks(self) -> Sequence[Hook]:
        """Every webhook."""
        collection = self._store.collection
        if collection.changed_at != self._seen:
            decoded = [self._store.decode(entry) for entry in collection.scan()]
            self._hooks = tuple(compiled(hook) for each in decoded for hook in each.get("webhooks") or ())
            self._seen = collection.changed_at
        return self._hooks


def compiled(hook: JSON) -> Hook:
    """A webhook out of its defaulted and valid JSON."""
    client = hook["clientConfig"]
    try:
        conditions, broken = expressions.conditions(hook.get("matchConditions")), ""
    except expressions.NotCompiled as error:  # stored before such conditions were refused
        conditions, broken = [], str(error)
    return Hook(
        name=hook["name"],
        client=client,
        ca=webhook_client.authority(client.get("caBundle")),
        rules=hook.get("rules") or (),
        match_policy=hook["matchPolicy"],
        namespace_selector=selectors.from_label_selector(hook["namespaceSelector"]),
        object_selector=selectors.from_label_selector(hook["objectSelector"]),
        conditions=conditions,
        broken=broken,
        fails_closed=hook["failurePolicy"] == "Fail",
        timeout_s=hook["timeoutSeconds"],
        has_side_effects=hook["sideEffects"] not in ("None", "NoneOnDryRun"),
        reinvokes=hook.get("reinvocationPolicy") == "IfNeeded",
    )
