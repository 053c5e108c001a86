"""One other API server: where it is, whether it is there, what it serves."""

import asyncio
import ssl
from dataclasses import dataclass, field
from typing import Any

import msgspec

from pyk3s.api import status
from pyk3s.apiserver import identity, webhook_client
from pyk3s.apiserver.aggregation import conditions, merging, relaying
from pyk3s.apiserver.aggregation.identity import ProxyIdentity
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.streaming import destinations
from pyk3s.pki import contexts
from pyk3s.wire.http import client as http

JSON = dict[str, Any]
CHECK_S = 5.0
SELF = identity.User("system:kube-aggregator", (identity.MASTERS,))
SERVICE_LABEL = "kubernetes.io/service-name"


@dataclass
class Remote:
    """The server behind an APIService."""

    name: str
    spec: JSON
    proxy: ProxyIdentity | None
    live: contexts.Contexts
    verdict: conditions.Verdict | None = None
    resources: list[JSON] = field(default_factory=list)
    openapi: str = ""
    """Address of its OpenAPI document relative to the server; empty if it has none."""
    _context: ssl.SSLContext | None = None
    _clients: dict[str, http.HttpClient] = field(default_factory=dict)

    @property
    def available(self) -> bool:
        return self.verdict is not None and self.verdict.status == "True"

    @property
    def path(self) -> str:
        return f"/apis/{self.spec['group']}/{self.spec['version']}"

    @property
    def service(self) -> tuple[str, str]:
        """Namespace and name of its Service."""
        return self.spec["service"]["namespace"], self.spec["service"]["name"]

    def served(self) -> merging.Served:
        """What it serves, as it was last seen."""
        spec = self.spec
        priorities = spec["groupPriorityMinimum"], spec["versionPriority"]
        return merging.Served(spec["group"], spec["version"], *priorities, self.resources, self.available)

    def client(self, registry: registries.Registry) -> http.HttpClient:
        """A client of one of its endpoints; raises 404 and 503."""
        namespace, name = self.service
        found = destinations.of_service(
            registry, namespace, "https", name, str(self.spec["service"].get("port") or 443)
        )
        client = self._clients.get(found.url)
        if client is None:
            hostname = f"{name}.{namespace}.svc"
            client = self._clients[found.url] = http.HttpClient(found.url, self._tls(), server_hostname=hostname)
        return client

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            context = ssl.create_default_context(cadata=webhook_client.authority(self.spec.get("caBundle")) or None)
            if self.spec.get("insecureSkipTLSVerify"):
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            if self.proxy is not None:
                pair = contexts.Pair(self.proxy.certificate, self.proxy.key)
                self.live.present(context, pair, self._renew)
            self._context = context
        return self._context

    def _renew(self) -> None:
        for client in self._clients.values():
            client.renew()

    async def check(self, registry: registries.Registry) -> conditions.Verdict:
        """Look whether it is there, and remember what it serves."""
        namespace, name = self.service
        service = registry.read("", "services", name, namespace=namespace)
        slices = [
            each
            for each in registry.read_all("discovery.k8s.io", "endpointslices", namespace=namespace)
            if (each["metadata"].get("labels") or {}).get(SERVICE_LABEL) == name
        ]
        self.verdict = conditions.of_service(self.spec, service, slices) or await self._ask(registry)
        return self.verdict

    async def _ask(self, registry: registries.Registry) -> conditions.Verdict:
        address = f"https://{self.service[1]}.{self.service[0]}.svc{self.path}"
        try:
            client = self.client(registry)
            self.resources = _resources(await _get(client, self.path))
            self.openapi = await self._find_openapi(client)
        except (OSError, TimeoutError, ValueError) as error:
            return conditions.unreachable(address, str(error) or type(error).__name__)
        except status.StatusError as error:
            return conditions.unreachable(address, error.message)
        return conditions.PASSED

    async def _find_openapi(self, client: http.HttpClient) -> str:
        try:
            index = await _get(client, "/openapi/v3")
        except ValueError:
            return ""  # it publishes none
        found = (index.get("paths") or {}).get(self.path.removeprefix("/")) if isinstance(index, dict) else None
        return str(found["serverRelativeURL"]) if isinstance(found, dict) and "serverRelativeURL" in found else ""

    async def close(self) -> None:
        """Close kept connections."""
        if self._context is not None:
            self.live.forget(self._context)
            self._context = None
        for client in self._clients.values():
            await client.close()
        self._clients.clear()


async def _get(client: http.HttpClient, path: str) -> Any:
    """The JSON value at a path; raises ValueError for any other answer, OSError, TimeoutError."""
    headers = {"Accept": "application/json", **relaying.user_headers(SELF)}
    answer = await asyncio.wait_for(client.request("GET", path, headers=headers), CHECK_S)
    if answer.status != 200:
        raise ValueError(f"bad status from {path}: {answer.status}")
    return msgspec.json.decode(answer.body)


def _resources(document: Any) -> list[JSON]:
    listed = document.get("resources") if isinstance(document, dict) else None
    return [each for each in listed or () if isinstance(each, dict) and isinstance(each.get("name"), str)]
