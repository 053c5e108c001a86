"""The admission plug-ins that are on by default, in their order."""

from pyk3s.apiserver import identity, webhook_client
from pyk3s.apiserver.admission import (
    advising,
    certificates,
    chain,
    ingresses,
    limits,
    namespaces,
    pods,
    quotas,
    runtime_classes,
    service_accounts,
    storage,
)
from pyk3s.apiserver.admission.pod_security import plugin as pod_security
from pyk3s.apiserver.admission.policies import table as policies
from pyk3s.apiserver.admission.webhooks import table as webhooks
from pyk3s.apiserver.registry import registry as registries


def plugins(
    registry: registries.Registry, authorizer: identity.Authorizer, caller: webhook_client.Caller
) -> list[chain.Plugin]:
    """The chain's plug-ins. Quotas come last, so that nothing is charged that somebody else refuses."""
    return [
        namespaces.NamespaceLifecycle(registry),
        limits.LimitRanger(registry),
        service_accounts.ServiceAccounts(registry),
        pods.TaintNewNodes(),
        pod_security.PodSecurity(registry),
        pods.Priority(registry),
        pods.OneDefaultPriority(registry),
        pods.DefaultTolerations(registry),
        storage.DefaultStorageClass(registry),
        storage.ClaimResize(registry),
        runtime_classes.RuntimeClasses(registry),
        certificates.Requester(),
        certificates.Approval(authorizer),
        certificates.Signing(authorizer),
        certificates.SubjectRestriction(),
        ingresses.DefaultIngressClass(registry),
        pods.TopologyLabels(registry),
        *policies.plugins(registry, authorizer),
        *webhooks.plugins(registry, caller, authorizer),
        quotas.ResourceQuotas(registry),
        advising.Advising(),
    ]
