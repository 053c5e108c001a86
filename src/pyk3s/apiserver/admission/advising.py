"""Puts the warnings that objects deserve into the answer, after everything has been admitted."""

from pyk3s.api import advice, catalog
from pyk3s.apiserver.admission import chain

_QUIET_UPDATES = ("pods", "nodes")  # updated too often, and hardly by people


class Advising(chain.Base):
    """Concerns the kinds that there is advice for. Updates are commented on where they change what is asked for."""

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        if subresource or (resource.group, resource.plural) not in advice.KINDS:
            return False
        return operation == chain.CREATE or (operation == chain.UPDATE and resource.plural not in _QUIET_UPDATES)

    def validate(self, attributes: chain.Attributes) -> None:
        resource, obj, old = attributes.resource, attributes.object, attributes.old
        if old is not None and obj["metadata"].get("generation", 0) and obj.get("spec") == old.get("spec"):
            return
        attributes.warnings += advice.KINDS[(resource.group, resource.plural)](obj)
