"""What a server and its own agent hold under `tls`: every authority, leaf and key, by the names K3s gives the files."""

import datetime
import pathlib
from dataclasses import dataclass

from pyk3s.lib import files
from pyk3s.pki import jwt, kubeconfig, leaves, lifetimes, x509


@dataclass(frozen=True)
class Identity:
    """The names under which a server is reached and the node it runs on."""

    node_name: str
    server_sans: tuple[str, ...]
    node_sans: tuple[str, ...]


def provision_server(
    tls: pathlib.Path, identity: Identity, now: datetime.datetime, life: lifetimes.Lifetimes = lifetimes.USUAL
) -> None:
    """Make what is missing or due in the server's `tls` folder."""
    tls.mkdir(parents=True, exist_ok=True, mode=0o700)
    server_ca = _authority(tls, "server-ca", "k3s-server-ca", now)
    client_ca = _authority(tls, "client-ca", "k3s-client-ca", now)
    request_header_ca = _authority(tls, "request-header-ca", "k3s-request-header-ca", now)
    _service_keys(tls / "service.key")
    serving = x509.LeafRequest("kube-apiserver", usages=(x509.SERVER,), sans=identity.server_sans)
    _leaf(server_ca, tls / leaves.SERVING, serving, now, life)
    _leaf(request_header_ca, tls / leaves.PROXY, x509.LeafRequest("system:auth-proxy"), now, life)
    for name, (user, groups) in leaves.CLIENTS.items():
        _leaf(client_ca, tls / name, x509.LeafRequest(user, groups), now, life)


def provision_node(
    tls: pathlib.Path,
    agent: pathlib.Path,
    identity: Identity,
    now: datetime.datetime,
    life: lifetimes.Lifetimes = lifetimes.USUAL,
) -> None:
    """Make the certificates of the agent that runs beside this server, in the agent's folder."""
    agent.mkdir(parents=True, exist_ok=True, mode=0o755)
    server_ca = _authority(tls, "server-ca", "k3s-server-ca", now)
    client_ca = _authority(tls, "client-ca", "k3s-client-ca", now)
    node = identity.node_name
    requests = {
        leaves.KUBELET: (client_ca, x509.LeafRequest(f"system:node:{node}", ("system:nodes",))),
        leaves.KUBE_PROXY: (client_ca, x509.LeafRequest("system:kube-proxy")),
        leaves.CONTROLLER: (client_ca, x509.LeafRequest("system:k3s-controller")),
        leaves.KUBELET_SERVING: (server_ca, x509.LeafRequest(node, usages=(x509.SERVER,), sans=identity.node_sans)),
    }
    for name in leaves.NODE:
        authority, request = requests[name]
        _leaf(authority, agent / name, request, now, life)
    files.write_atomic(agent / "server-ca.crt", server_ca.pem)
    files.write_atomic(agent / "client-ca.crt", client_ca.pem)


def write_admin_kubeconfig(tls: pathlib.Path, path: pathlib.Path, url: str, mode: int) -> None:
    """The administrator's kubeconfig."""
    credentials = kubeconfig.Credentials(
        authority=(tls / "server-ca.crt").read_bytes(),
        certificate=(tls / "client-admin.crt").read_bytes(),
        key=(tls / "client-admin.key").read_bytes(),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_atomic(path, kubeconfig.render(url, credentials).encode(), mode)


def _authority(tls: pathlib.Path, file: str, name: str, now: datetime.datetime) -> x509.Authority:
    return x509.ensure_authority(tls / f"{file}.crt", tls / f"{file}.key", name, now)


def _leaf(
    authority: x509.Authority,
    stem: pathlib.Path,
    request: x509.LeafRequest,
    now: datetime.datetime,
    life: lifetimes.Lifetimes,
) -> None:
    x509.ensure_leaf(authority, stem.with_suffix(".crt"), stem.with_suffix(".key"), request, now, life)


def _service_keys(path: pathlib.Path) -> None:
    """Make the key of service-account tokens; one that is there may hold several, which must all be readable."""
    if not path.exists():
        x509.ensure_key(path)
        return
    try:
        jwt.Keys(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path} cannot sign service-account tokens ({error}): restore it from a backup") from error
