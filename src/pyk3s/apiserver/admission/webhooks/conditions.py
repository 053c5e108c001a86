"""matchConditions are CEL expressions, which this server does not evaluate: webhooks that have some are refused.

To call such a webhook regardless would be wrong in the one direction, not to call it in the other.
"""

from pyk3s.api import catalog, fields, status
from pyk3s.apiserver.admission import chain
from pyk3s.apiserver.admission.webhooks import configurations

WHY = "match conditions are CEL expressions, which this server does not evaluate"


class RefuseConditions(chain.Base):
    """Sees configurations of webhooks as they are written."""

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        is_written = operation in (chain.CREATE, chain.UPDATE)
        plurals = (configurations.VALIDATING, configurations.MUTATING)
        return is_written and resource.group == configurations.GROUP and resource.plural in plurals

    def validate(self, attributes: chain.Attributes) -> None:
        errors = [
            fields.forbidden(f"webhooks[{index}].matchConditions", WHY)
            for index, hook in enumerate(attributes.object.get("webhooks") or ())
            if hook.get("matchConditions")
        ]
        if errors:
            raise status.invalid(attributes.resource.group, attributes.resource.kind, attributes.name, errors)
