"""The plug-ins of policies, in their places among those of webhooks: policies change and check first."""

from pyk3s.apiserver import identity
from pyk3s.apiserver.admission import chain
from pyk3s.apiserver.admission.policies import mutating, validating
from pyk3s.apiserver.registry import registry as registries


def plugins(registry: registries.Registry, authorizer: identity.Authorizer) -> list[chain.Plugin]:
    """Mutating and validating policies."""
    return [
        mutating.MutatingPolicies(registry, authorizer),
        validating.ValidatingPolicies(registry, authorizer),
    ]
