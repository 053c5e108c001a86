"""Certificate requests: what is asked for never changes, and decisions and certificates come by sub-resources."""

from pyk3s.apiserver.cache.selection import Field
from pyk3s.apiserver.strategies import base

JSON = base.JSON


class Requests(base.Strategy):
    """How certificate requests differ."""

    def __init__(self) -> None:
        super().__init__(empty_status={}, selectable=(Field("spec.signerName"),))

    def prepare_update(self, new: JSON, old: JSON, now: str) -> None:
        super().prepare_update(new, old, now)
        base.carry(new, old, "spec")

    def prepare_status(self, new: JSON, old: JSON, now: str) -> None:
        """A signer writes the certificate; the decisions of approval stay, and come before conditions of its own."""
        super().prepare_status(new, old, now)
        _stamp(new, old, now)

    def prepare_approval(self, new: JSON, old: JSON, now: str) -> None:
        """An approver writes conditions, nothing else."""
        conditions = (new.get("status") or {}).get("conditions") or []
        super().prepare_status(new, old, now)
        new["status"] = {**(old.get("status") or {}), "conditions": conditions}
        if not conditions:
            del new["status"]["conditions"]
        _stamp(new, old, now)


def _stamp(new: JSON, old: JSON, now: str) -> None:
    """Date conditions that carry no date: the update always, the transition where the state is another than before."""
    before = {each["type"]: each for each in (old.get("status") or {}).get("conditions") or ()}
    for condition in (new.get("status") or {}).get("conditions") or ():
        earlier = before.get(condition.get("type"))
        if not condition.get("lastUpdateTime"):
            condition["lastUpdateTime"] = now
        if not condition.get("lastTransitionTime"):
            same = earlier is not None and earlier.get("status") == condition.get("status")
            condition["lastTransitionTime"] = earlier["lastTransitionTime"] if same and earlier else now
