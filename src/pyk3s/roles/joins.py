"""Puts the endpoints of joining beside the API: what they need to know of the cluster comes from its registry."""

import base64
import secrets
from collections.abc import Sequence

from pyk3s.api import status
from pyk3s.apiserver import identity
from pyk3s.apiserver.registry import context, creation
from pyk3s.apiserver.registry import registry as registries
from pyk3s.config.settings import ServerSettings
from pyk3s.joining.serving import access, attempts, endpoints, issuing, tunnels
from pyk3s.lib import clock
from pyk3s.pki import token_files
from pyk3s.roles import cluster, provisioning

NAMESPACE = "kube-system"
SUPERVISOR = identity.User("system:k3s-supervisor", (identity.MASTERS, "system:authenticated"))


class RegistryCluster:
    """The cluster as the API server of this process holds it."""

    def __init__(self, registry: registries.Registry):
        self._registry = registry

    def node_exists(self, name: str) -> bool:
        return self._registry.read("", "nodes", name) is not None

    def node_password(self, name: str) -> str | None:
        """The hash that is kept of a node's password."""
        secret = self._registry.read("", "secrets", _secret_name(name), namespace=NAMESPACE)
        return base64.b64decode((secret.get("data") or {}).get("hash", "")).decode() if secret else None

    async def keep_node_password(self, name: str, kept: str) -> bool:
        """Create the Secret; False where it has come to be meanwhile."""
        made = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": _secret_name(name), "namespace": NAMESPACE},
            "type": "Opaque",
            "immutable": True,
            "data": {"hash": base64.b64encode(kept.encode()).decode()},
        }
        write = context.Write(user=SUPERVISOR, now=self._registry.now(), manager="k3s-supervisor")
        try:
            await creation.create(
                self._registry, self._registry.find("", "secrets"), made, namespace=NAMESPACE, write=write
            )
        except status.StatusError as error:
            if error.code != 409:
                raise
            return False
        return True

    def api_servers(self) -> Sequence[str]:
        """Address and port of every API server."""
        found = self._registry.read("", "endpoints", "kubernetes", namespace="default") or {}
        return [
            f"[{each['ip']}]:{port['port']}" if ":" in each["ip"] else f"{each['ip']}:{port['port']}"
            for subset in found.get("subsets") or ()
            for each in subset.get("addresses") or ()
            for port in subset.get("ports") or ()
        ]


def make(
    settings: ServerSettings,
    address: str,
    registry: registries.Registry,
    recognise: access.Recognise,
    tunnelled: tunnels.Tunnels,
) -> endpoints.Endpoints:
    """The endpoints of this server."""
    server = settings.paths.server
    held = access.Secrets(*token_files.secrets(server))

    def rotate(secret: str) -> None:
        held.server, held.agent = token_files.replace(server, secret)

    counted = attempts.Attempts(secrets.token_bytes(16), clock.SystemClock().monotonic)
    return endpoints.Endpoints(
        settings.paths.tls,
        cluster.config(settings),
        RegistryCluster(registry),
        access.Access(held, counted, recognise),
        tunnelled,
        issuing.Issuer(settings.paths.tls),
        reserved=frozenset(provisioning.serving_names(settings, address)),
        rotate=rotate,
    )


def _secret_name(node: str) -> str:
    return f"{node}.node-password.k3s".lower()
