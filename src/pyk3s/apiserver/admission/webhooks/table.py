"""The plug-ins of webhooks, sharing one caller."""

from pyk3s.apiserver import identity, webhook_client
from pyk3s.apiserver.admission import chain
from pyk3s.apiserver.admission.webhooks import dispatching
from pyk3s.apiserver.registry import registry as registries


def plugins(
    registry: registries.Registry, caller: webhook_client.Caller, authorizer: identity.Authorizer
) -> list[chain.Plugin]:
    """Mutating and validating webhooks: after every built-in plug-in that changes objects, before quota."""
    asking = dispatching.Asking(registry, caller, authorizer)
    return [
        dispatching.MutatingWebhooks(registry, asking),
        dispatching.ValidatingWebhooks(registry, asking),
    ]
