"""Which handler answers for which sub-resource."""

from pyk3s.apiserver import dispatch
from pyk3s.apiserver.subresources import pods, views

_VIEWS: dict[str, dispatch.Handler] = {"status": views.status_view, "scale": views.scale}


def install(dispatcher: dispatch.Dispatcher) -> None:
    """Tell the dispatcher about the sub-resources of built-in kinds, and of custom ones (`*`)."""
    for name, handler in _VIEWS.items():
        dispatcher.add_subresource("*", "*", name, handler)
    dispatcher.add_subresource("", "namespaces", "finalize", views.finalize)
    dispatcher.add_subresource("", "pods", "ephemeralcontainers", views.ephemeral_containers)
    dispatcher.add_subresource("", "pods", "resize", views.resize)
    dispatcher.add_subresource("", "pods", "binding", pods.bind)
    dispatcher.add_subresource("", "pods", "eviction", pods.evict)
    dispatcher.add_subresource("certificates.k8s.io", "certificatesigningrequests", "approval", views.approval)
    dispatcher.add_review("", "bindings", pods.bind)
