"""Which leaf certificates there are: their files, whom they name, and the service of `k3s certificate` they belong to.

Loads no X.509 library.
"""

import pathlib
from collections.abc import Mapping

SERVING, PROXY = "serving-kube-apiserver", "client-auth-proxy"
CLIENTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "client-admin": ("system:admin", ("system:masters",)),
    "client-supervisor": ("system:k3s-supervisor", ("system:masters",)),
    "client-controller": ("system:kube-controller-manager", ()),
    "client-scheduler": ("system:kube-scheduler", ()),
    "client-kube-apiserver": ("system:apiserver", ("system:masters",)),
}
"""User and groups of the server's client certificates."""
KUBELET, KUBELET_SERVING = "client-kubelet", "serving-kubelet"
KUBE_PROXY, CONTROLLER = "client-kube-proxy", "client-k3s-controller"
NODE = (KUBELET, KUBE_PROXY, CONTROLLER, KUBELET_SERVING)
"""What an agent holds."""
SERVICES: Mapping[str, tuple[str, ...]] = {
    "admin": ("client-admin",),
    "api-server": (SERVING, "client-kube-apiserver"),
    "auth-proxy": (PROXY,),
    "controller-manager": ("client-controller",),
    "k3s-controller": (CONTROLLER,),
    "k3s-server": (SERVING,),
    "kube-proxy": (KUBE_PROXY,),
    "kubelet": (KUBELET, KUBELET_SERVING),
    "scheduler": ("client-scheduler",),
    "supervisor": ("client-supervisor",),
}
"""Names of K3s. Its `k3s-server` is the certificate of port 6443, which is the API server's here."""


def server(tls: pathlib.Path, agent: pathlib.Path | None) -> list[pathlib.Path]:
    """The certificate files of a server, and of the agent beside it if there is one."""
    own = [tls / f"{name}.crt" for name in (PROXY, SERVING, *CLIENTS)]
    return own + (node(agent) if agent else [])


def node(agent: pathlib.Path) -> list[pathlib.Path]:
    """The certificate files of an agent."""
    return [agent / f"{name}.crt" for name in NODE]
