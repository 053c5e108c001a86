"""The admission plug-ins that are on by default, in their order."""

from pyk3s.apiserver import identity, webhook_client
from pyk3s.apiserver.admission import (
    advising,
    certificates,
    chain,
    configuration,
    ingresses,
    limits,
    namespaces,
    node_restriction,
    pods,
    quotas,
    runtime_classes,
    selection,
    service_accounts,
    storage,
)
from pyk3s.apiserver.admission.pod_security import plugin as pod_security
from pyk3s.apiserver.admission.policies import table as policies
from pyk3s.apiserver.admission.webhooks import table as webhooks
from pyk3s.apiserver.authz.rbac import escalation
from pyk3s.apiserver.authz.rbac import index as roles
from pyk3s.apiserver.registry import registry as registries


def plugins(
    registry: registries.Registry,
    authorizer: identity.Authorizer,
    index: roles.Index,
    caller: webhook_client.Caller,
    settings: selection.AdmissionSettings,
) -> list[chain.Plugin]:
    """The chain's plug-ins. Quotas come last, so that nothing is charged that somebody else refuses. Raises Failure."""
    configured = configuration.read(settings.config_file) if settings.config_file else configuration.Configurations()
    defaults: list[chain.Plugin] = [
        namespaces.NamespaceLifecycle(registry),
        limits.LimitRanger(registry),
        service_accounts.ServiceAccounts(registry),
        pods.TaintNewNodes(),
        pod_security.PodSecurity(registry, configured.pod_security),
        pods.Priority(registry),
        pods.OneDefaultPriority(registry),
        pods.DefaultTolerations(registry, settings.not_ready_s, settings.unreachable_s),
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
        node_restriction.NodeRestriction(registry),
        escalation.Escalation(index, authorizer),
        quotas.ResourceQuotas(registry),
        advising.Advising(),
    ]
    return selection.chosen(settings, defaults, registry, configured, authorizer)
