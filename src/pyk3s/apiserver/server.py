"""Composes the API server: datastore, cache, registry, handlers, HTTP front."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

from pyk3s.api import catalog, status
from pyk3s.api import openapi as openapi_documents
from pyk3s.api.schema import pack as packs
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import (
    components,
    dispatch,
    expiring,
    front,
    health,
    identity,
    openapi,
    refusals,
    rendering,
    webhook_client,
)
from pyk3s.apiserver.admission import chain
from pyk3s.apiserver.admission import default as default_admission
from pyk3s.apiserver.aggregation import aggregator
from pyk3s.apiserver.audit import settings as audit
from pyk3s.apiserver.authn import bootstrap_tokens, certificates, legacy_use, others, service_accounts, tokens
from pyk3s.apiserver.authz import modes, union, webhook
from pyk3s.apiserver.authz.node import authorizer as node_authorizer
from pyk3s.apiserver.authz.node import references
from pyk3s.apiserver.authz.rbac import index as roles
from pyk3s.apiserver.authz.rbac.defaults import reconcile as default_roles
from pyk3s.apiserver.bootstrap import create as bootstrap
from pyk3s.apiserver.cache import store as caches
from pyk3s.apiserver.crd import definitions
from pyk3s.apiserver.discovery import issuer
from pyk3s.apiserver.discovery import routes as discovery_routes
from pyk3s.apiserver.flowcontrol import gate
from pyk3s.apiserver.metrics import page
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.reviews import access, identities
from pyk3s.apiserver.settings import ApiSettings
from pyk3s.apiserver.strategies import services
from pyk3s.apiserver.strategies import table as strategies
from pyk3s.apiserver.streaming import table as streaming
from pyk3s.apiserver.subresources import table as subresources
from pyk3s.apiserver.subresources import token_requests
from pyk3s.datastore import contract
from pyk3s.lib import clock as clocks
from pyk3s.pki import contexts
from pyk3s.wire.http import messages
from pyk3s.wire.http import server as http


class ApiServer:
    """One API server over one datastore."""

    def __init__(self, settings: ApiSettings, datastore: contract.Datastore, clock: clocks.Clock | None = None):
        self.settings, self._datastore = settings, datastore
        self.allocations = services.Allocations(settings.service_cidr)
        self.cache = caches.Cache()
        self.registry = registries.Registry(
            packs.load(), self.cache, datastore, strategies.build(self.allocations), clock or clocks.SystemClock()
        )
        self.roles, self.pods_of_nodes = roles.Index(), references.PodsOfNodes(self.registry)
        ours: dict[str, identity.Authorizer] = {
            modes.NODE: node_authorizer.NodeAuthorizer(self.pods_of_nodes),
            modes.RBAC: self.roles,
        }
        self._authorizers = modes.authorizers(settings.authorization, ours, self.registry.clock)
        self.authorizer = union.Union(tuple(self._authorizers.values()))
        self.webhooks = webhook_client.Caller(self.registry)
        self.registry.admission = chain.Chain(
            default_admission.plugins(self.registry, self.authorizer, self.roles, self.webhooks, settings.admission)
        )
        self.dispatcher = dispatch.Dispatcher(self.registry)
        subresources.install(self.dispatcher)
        components.install(self.dispatcher)
        streaming.install(self.dispatcher, _kubelet_context(settings), settings.dial_node)
        self.health = health.Health(settings.version, settings.commit, datastore)
        self.discovery = discovery_routes.Discovery(self.registry.catalog, settings.advertised)
        self.openapi_documents = openapi_documents.Documents(
            self.registry.catalog, release=settings.version, schema_of=_custom_schema
        )
        self.openapi = openapi.OpenApi(self.openapi_documents)
        self.definitions = definitions.Definitions(self.registry, self.webhooks, self._served_otherwise)
        self.aggregation = aggregator.Aggregator(self.registry, settings.proxy_identity, settings.live)
        self.bootstrap_tokens = bootstrap_tokens.BootstrapTokens(self.registry)
        self.tokens = tokens.Tokens(settings.tokens, (self.bootstrap_tokens.recognise,))
        accounts: service_accounts.ServiceAccounts | None = None
        self.issuer: issuer.IssuerDocuments | None = None
        self.legacy_use = legacy_use.LegacyUse(self.registry)
        if settings.issuing is not None:
            accounts = service_accounts.ServiceAccounts(self.registry, settings.issuing)
            self.issuer = issuer.IssuerDocuments(accounts, settings.advertised)
            accounts.on_secret_use = self.legacy_use.seen
            self.tokens.add(accounts.recognise)
            requests = token_requests.TokenRequests(accounts)
            self.dispatcher.add_subresource("", "serviceaccounts", "token", requests.create)
        audiences = settings.issuing.audiences if settings.issuing is not None else ()
        self.expiry = expiring.Expiry(self.registry, settings.event_ttl_s)
        self.others = others.Others(settings.other_authenticators, audiences, self.registry.clock)
        self.others.install(self.tokens)
        self._install_reviews(accounts)
        authenticator = tokens.First((_certificates(settings, self.registry.clock), self.tokens))
        self.front = front.Front(self.registry, self.dispatcher, authenticator, self.authorizer, self._plain)
        self.front.elsewhere = self.aggregation.elsewhere
        self.flow_control = gate.Gate(self.registry, settings.seats)
        self.front.gate = self.flow_control.through
        self.front.admits_anonymous = settings.anonymous
        self.front.timeout_s = settings.request_timeout_s
        self.metrics = page.Page(self.registry, self.front.counted, self.flow_control, settings.version)
        self.endpoints: dict[str, Callable[[calls.Call], dispatch.Answer]] = {}
        """Paths outside Kubernetes' API that whoever composes the server adds; authorised as every path is."""
        self._server: http.Server | None = None

    def _install_reviews(self, accounts: service_accounts.ServiceAccounts | None) -> None:
        access_reviews = access.AccessReviews(
            self.authorizer, self.roles, asks_others=modes.WEBHOOK in self.settings.authorization.modes
        )
        token_reviews = identities.TokenReviews(self.tokens, accounts)
        authentication, authorization = "authentication.k8s.io", access.GROUP
        for group, plural, handler in (
            (authentication, "selfsubjectreviews", identities.own),
            (authentication, "tokenreviews", token_reviews.review),
            (authorization, "selfsubjectaccessreviews", access_reviews.own),
            (authorization, "selfsubjectrulesreviews", access_reviews.rules),
            (authorization, "subjectaccessreviews", access_reviews.subject),
            (authorization, "localsubjectaccessreviews", access_reviews.subject),
        ):
            self.dispatcher.add_review(group, plural, handler)

    async def start(self) -> None:
        """Load, create what every cluster has, listen. Returns when requests are answered. Raises Failure."""
        if self.settings.audit is not None:
            self.front.auditor = self.metrics.auditor = audit.open_auditor(self.settings.audit, self.registry.clock)
        await self.cache.load(self._datastore)
        self.allocations.rebuild(self.registry.read_all("", "services"))
        self.definitions.start()
        is_new = self.cache.revision == 0
        self.roles.follow(self.registry)
        self.pods_of_nodes.follow()
        await bootstrap.everything(self.registry, self.settings)
        await default_roles.reconcile(self.registry)
        if is_new:
            self.cache.compact()
        self.aggregation.start()
        self.expiry.start()
        self.flow_control.start()
        settings = self.settings
        self._server = await http.serve(
            self.front,
            host=settings.host,
            port=settings.port,
            ssl_context=settings.ssl_context,
            limits=http.Limits(body_bytes=refusals.largest_body),
            refuse=refusals.refuse,
        )
        self.health.ready = True

    @property
    def port(self) -> int:
        """The port that the server listens on, also where 0 was asked for."""
        assert self._server is not None
        return self._server.port

    async def run(self) -> None:
        """Serve until cancelled; raises the error of what works in the background if that fails."""
        await asyncio.gather(
            self.definitions.run(),
            self.aggregation.run(),
            self.legacy_use.run(),
            self.settings.live.run(self.registry.clock),
        )

    async def stop(self) -> None:
        """Stop taking requests, end watches, close connections. The datastore is its owner's to close."""
        self.health.ready = False
        await self.aggregation.stop()
        await self.definitions.stop()
        for collection in self.cache:
            collection.watchers.end_all()
        if self._server is not None:
            await self._server.close()
        await self.webhooks.close()
        await self.front.close()
        await self.expiry.close()
        await self.others.close()
        for each in self._authorizers.values():
            if isinstance(each, webhook.Webhook):
                await each.close()
        if self.front.auditor is not None:
            self.front.auditor.close()

    def _served_otherwise(self, group: str, version: str) -> None:
        """Custom resources of a group version have come, gone or changed."""
        self.discovery.changed()
        self.openapi_documents.changed(group, version)
        self.aggregation.served_otherwise(group, version)

    def _plain(self, call: calls.Call) -> dispatch.Answer:
        """Paths that are no resources, of this server and of those behind it."""
        if endpoint := self.endpoints.get(call.route.path):
            return endpoint(call)
        if self.health.serves(call.route.path):
            return self.health.answer(call)
        answer = self.aggregation.plain(call, self._own)
        return answer if answer is not None else self._own(call)

    def _own(self, call: calls.Call) -> calls.Outcome | messages.Response:
        path = call.route.path
        if self.discovery.serves(path):
            return self.discovery.answer(call)
        if self.openapi.serves(path):
            return self.openapi.answer(call)
        if self.issuer is not None and self.issuer.serves(path):
            return self.issuer.answer(path)
        if path == page.PATH:
            return self.metrics.answer()
        if path in ("/version", "/version/"):
            if call.verb not in ("get", "head"):
                raise status.method_not_allowed()
            return rendering.encoded(200, self.health.version())
        if path == "/":
            return rendering.encoded(200, {"paths": self._paths()})
        raise rendering.unknown(self.registry.catalog, path)

    def _paths(self) -> list[str]:
        """What there is to ask for outside single resources."""
        served = {(each.group, each.version) for each in self.registry.catalog}
        groups = {f"/apis/{group}" for group, _ in served if group}
        versions = {f"/apis/{group}/{version}" if group else f"/api/{version}" for group, version in served}
        probes = {
            f"/{probe}{check}"
            for probe, checks in health.CHECKS.items()
            for check in ("", *(f"/{name}" for name in checks))
        }
        others = {"/api", "/apis", page.PATH, "/openapi/v2", "/openapi/v3", "/version"}
        return sorted(groups | versions | probes | others)


def _custom_schema(resource: catalog.Resource) -> dict[str, Any] | None:
    return resource.custom.schema if resource.custom else None


def _certificates(settings: ApiSettings, clock: clocks.Clock) -> certificates.Certificates:
    known: certificates.Authorities | None = None
    if settings.client_ca is not None:
        names = (settings.proxy_identity.common_name,) if settings.proxy_identity else ()
        known = certificates.authorities(settings.client_ca, settings.request_header_ca, names)
    return certificates.Certificates(known, clock.time)


def _kubelet_context(settings: ApiSettings) -> ssl.SSLContext | None:
    certificate, key, authority = (
        settings.kubelet_client_certificate,
        settings.kubelet_client_key,
        settings.kubelet_ca,
    )
    if certificate is None or key is None or authority is None:
        return None
    return settings.live.client(authority, contexts.Pair(certificate, key))
