"""Runs the cluster DNS: answers the names of Services, EndpointSlices, Namespaces and Nodes, forwards all others.

It serves from the first moment with what it knows; before its first list of objects it answers SERVFAIL for names of
the cluster, so that no one remembers that a service does not exist.
"""

from collections.abc import Awaitable, Sequence
from typing import Any

from dnslib import QTYPE, DNSRecord

from pyk3s.client import informer, resources, rest
from pyk3s.dns import answering
from pyk3s.dns.forwarding import Forwarder, NoAnswer
from pyk3s.dns.objects import EndpointSlice, Namespace, Node, Service
from pyk3s.dns.server import Server
from pyk3s.dns.settings import DnsSettings
from pyk3s.dns.zone import Zone
from pyk3s.lib import backoff, clock, log, tasks

MOST_ALIASES = 8  # in a row; more is a circle

_log = log.get_logger("dns")


class Dns:
    """The moving parts."""

    def __init__(self, client: rest.Client, settings: DnsSettings, time: clock.Clock):
        self._settings, self._time = settings, time
        self._services: informer.Informer[Service] = informer.Informer(client, resources.SERVICES, Service)
        self._slices: informer.Informer[EndpointSlice] = informer.Informer(
            client, resources.ENDPOINT_SLICES, EndpointSlice
        )
        self._namespaces: informer.Informer[bool] = informer.Informer(
            client, resources.NAMESPACES, Namespace, keep=lambda _: True, metadata_only=True
        )
        self._nodes: informer.Informer[Node] = informer.Informer(client, resources.NODES, Node)
        self._slices_by_service = self._slices.index(lambda each: [each.metadata.service])
        self._slices_at = self._slices.index(
            lambda each: {address for endpoint in each.endpoints or () for address in endpoint.addresses}
        )
        self._services_at = self._services.index(lambda each: each.spec.cluster_ips)
        self._nodes_named = self._nodes.index(lambda each: [each.metadata.name])
        self._zone = Zone(
            settings.domain,
            service=self._services.get,
            slices=self._slices_by_service.get,
            has_namespace=lambda name: self._namespaces.get(name) is not None,
            services_at=self._services_at.get,
            slices_at=self._slices_at.get,
        )
        self._forwarder = Forwarder(settings, time)

    async def run(self) -> None:
        """Until cancelled."""
        async with tasks.TaskOwner("dns") as owner:
            server = Server(self.answer, owner)
            try:
                informers: tuple[informer.Informer[Any], ...]
                informers = (self._services, self._slices, self._namespaces, self._nodes)
                for each in informers:
                    owner.start(each.run(), each.ref.plural)
                for address in self._settings.addresses:
                    owner.start(self._listen(server, address), f"listen {address}")
                await owner.run()
            finally:
                server.close()

    async def _listen(self, server: Server, address: str) -> None:
        """The address may not be there yet: the network part makes the link that holds it."""
        pause = backoff.Backoff(0.1, 5)
        while True:
            try:
                await server.listen(address, self._settings.port)
            except OSError as error:
                _log.debug("cannot listen yet", address=address, error=error)
                await self._time.sleep(pause.next())
            else:
                return

    def answer(self, data: bytes, datagram: bool, hops: int = MOST_ALIASES) -> bytes | Awaitable[bytes | None] | None:
        """The reply to a query: at once for cluster names, later for forwarded ones."""
        try:
            query = answering.parse(data)
        except answering.Malformed:
            return answering.format_error(data)
        if not self._is_synced and self._zone.owns(answering.labels_of(query)):
            return answering.packed(answering.failure(query), query, datagram=datagram)
        reply = answering.answer(query, self._zone, self._host)
        if reply is None:
            return self._forward(data, query, datagram)
        if self._leads_elsewhere(query, reply):
            return self._follow(query, reply, datagram, hops)
        return answering.packed(reply, query, datagram=datagram)

    @property
    def _is_synced(self) -> bool:
        return self._services.is_synced and self._slices.is_synced and self._namespaces.is_synced

    def _host(self, name: str) -> Sequence[str]:
        """The addresses of a node, by its name."""
        return [
            address.address
            for node in self._nodes_named.get(name)
            for address in node.status.addresses
            if address.type == "InternalIP"
        ]

    async def _forward(self, data: bytes, query: DNSRecord, datagram: bool) -> bytes:
        try:
            reply = await self._forwarder.ask(data)
        except NoAnswer:
            return answering.packed(answering.failure(query), query, datagram=datagram)
        most = max(answering.payload_size(query) or 0, answering.CLASSIC_SIZE)
        if datagram and len(reply) > most:
            return answering.cut(DNSRecord.parse(reply))
        return reply

    @staticmethod
    def _leads_elsewhere(query: DNSRecord, reply: DNSRecord) -> bool:
        """An alias (ExternalName): the asker wants addresses, and most askers do not follow aliases themselves."""
        return query.q.qtype in (QTYPE.A, QTYPE.AAAA) and any(record.rtype == QTYPE.CNAME for record in reply.rr)

    async def _follow(self, query: DNSRecord, reply: DNSRecord, datagram: bool, hops: int) -> bytes:
        if not hops:
            return answering.packed(answering.failure(query), query, datagram=datagram)
        target = str(reply.rr[0].rdata.label)
        further = DNSRecord.question(target, QTYPE[query.q.qtype])
        made = self.answer(bytes(further.pack()), False, hops - 1)
        found = made if made is None or isinstance(made, bytes) else await made
        if found is not None:
            reply.add_answer(*DNSRecord.parse(found).rr)
        return answering.packed(reply, query, datagram=datagram)


async def run(client: rest.Client, settings: DnsSettings) -> None:
    """Answer until cancelled."""
    await Dns(client, settings, clock.SystemClock()).run()
