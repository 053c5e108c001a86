"""The admission plug-ins that are on by default, in their order."""

from pyk3s.apiserver.admission import chain, namespaces, pods
from pyk3s.apiserver.admission.webhooks import table as webhooks
from pyk3s.apiserver.registry import registry as registries


def plugins(registry: registries.Registry) -> list[chain.Plugin]:
    """The chain's plug-ins."""
    return [
        namespaces.NamespaceLifecycle(registry),
        pods.ServiceAccounts(registry),
        pods.TaintNewNodes(),
        pods.Priority(registry),
        pods.DefaultTolerations(registry),
        *webhooks.plugins(registry),
    ]
