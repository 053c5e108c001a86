"""Which handler answers for which streaming sub-resource."""

import ssl

from pyk3s.apiserver import dispatch
from pyk3s.apiserver.streaming import kubelets, logs, port_forward, proxying, remote_command


def install(
    dispatcher: dispatch.Dispatcher, kubelet_context: ssl.SSLContext | None, dial: kubelets.Dial | None = None
) -> None:
    """Add exec, attach, portforward, log and proxy; kubelets are asked with `kubelet_context`, None for plain HTTP,
    through the tunnels of `dial` where they have one.
    """
    nodes = kubelets.Kubelets(kubelet_context, dial)
    for kind in ("exec", "attach"):
        dispatcher.add_subresource("", "pods", kind, remote_command.handler(nodes, kind))
    dispatcher.add_subresource("", "pods", "portforward", port_forward.handler(nodes))
    dispatcher.add_subresource("", "pods", "log", logs.handler(nodes))
    for plural in ("pods", "services", "nodes"):
        dispatcher.add_subresource("", plural, "proxy", proxying.handler(nodes))
