"""ResourceQuota: refuses what would use more of a namespace than its quotas allow, and counts what it lets through.

The status of a quota is the account: what it says is used is charged here at once, under its revision, so that two
requests cannot spend the same rest. A quota whose status has not been filled in yet refuses nothing. What failed after
it was charged, or was deleted, is found by the controller that recounts.
"""

from typing import Any

from pyk3s.api import accounting, catalog, quantity, status
from pyk3s.apiserver.admission import chain, pods
from pyk3s.apiserver.cache import entry as entries
from pyk3s.apiserver.registry import registry as registries
from pyk3s.datastore import contract

JSON = dict[str, Any]
_REVISED = ("services", "persistentvolumeclaims")
RESIZE = "resize"


class ResourceQuotas(chain.Base):
    """Concerns what is created in a namespace, and changes of what can grow afterwards."""

    name = "ResourceQuota"

    def __init__(self, registry: registries.Registry):
        self._registry = registry
        self._store = registry.find("", "resourcequotas")

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        if not resource.namespaced or not resource.stored:
            return False
        if operation == chain.CREATE:
            return not subresource
        if operation != chain.UPDATE or resource.group:
            return False
        return (resource.plural in _REVISED and not subresource) or (
            resource.plural == "pods" and subresource == RESIZE
        )

    def validate(self, attributes: chain.Attributes) -> Any:
        if not len(self._store.collection):
            return None
        found = self._store.collection.scan(attributes.namespace)
        return self._charge(attributes) if found else None

    async def _charge(self, attributes: chain.Attributes) -> None:
        """Check every quota of the namespace, then write the new accounts; afresh if somebody else was faster."""
        wanted = _asked(attributes)
        paid: set[str] = set()
        while wanted:
            charged = [
                (entry, bill)
                for entry in self._store.collection.scan(attributes.namespace)
                if entry.key not in paid and (bill := charge(self._store.decode(entry), attributes, wanted))
            ]
            if attributes.dry_run:
                return
            try:
                for entry, bill in charged:
                    await self._write(entry, bill)
                    paid.add(entry.key)
            except contract.Conflict:
                continue
            return

    async def _write(self, entry: entries.Entry, quota: JSON) -> None:
        path = self._store.path(entry.key)
        await self._registry.datastore.put(path, self._store.encode(quota), expected=entry.revision, lazy=False)


def _asked(attributes: chain.Attributes) -> accounting.Amounts:
    """What the request costs: what the object uses, less what it used before."""
    wanted = accounting.used(attributes.resource, attributes.object)
    if attributes.operation == chain.UPDATE and attributes.old:
        for name, amount in accounting.used(attributes.resource, attributes.old).items():
            wanted[name] = wanted.get(name, quantity.ZERO) - amount
    return {name: amount for name, amount in wanted.items() if amount}


def charge(quota: JSON, attributes: chain.Attributes, wanted: accounting.Amounts) -> JSON | None:
    """The quota with its account charged, or None if it does not concern the request; raises 403."""
    account = quota.get("status") or {}
    hard, used = account.get("hard") or {}, account.get("used") or {}
    resource, name = attributes.resource, quota["metadata"]["name"]
    is_pod = resource.plural == "pods" and not resource.group
    concerned = set(hard) & (set(wanted) | (accounting.COMPUTE if is_pod else set()))
    if not concerned or not accounting.covers(quota.get("spec") or {}, resource, attributes.object):
        return None
    if is_pod and (told := accounting.missing(attributes.object["spec"], concerned)):
        raise pods.refuse(attributes, f"failed quota: {name}: must specify {told}")
    if unknown := sorted(concerned - set(used)):
        raise pods.refuse(attributes, f"status unknown for quota: {name}, resources: {','.join(unknown)}")
    bill = {each: wanted[each] for each in sorted(concerned) if each in wanted}
    after = {each: quantity.of(used[each]) + amount for each, amount in bill.items()}
    over = [each for each, amount in after.items() if bill[each] > quantity.ZERO and amount > quantity.of(hard[each])]
    if over:
        raise _exceeded(attributes, name, over, (bill, used, hard))
    if not bill:
        return None
    told_used = {**used, **{each: str(amount) for each, amount in after.items()}}
    return {**quota, "status": {**account, "used": told_used}}


def _exceeded(
    attributes: chain.Attributes, name: str, over: list[str], sides: tuple[JSON, JSON, JSON]
) -> status.StatusError:
    asked, used, limited = (",".join(f"{each}={side[each]}" for each in over) for side in sides)
    return pods.refuse(attributes, f"exceeded quota: {name}, requested: {asked}, used: {used}, limited: {limited}")
