"""Names of others, over real sockets on the loopback."""

import asyncio

import pytest
from dnslib import RR, A, DNSRecord

from pyk3s.dns import answering
from pyk3s.dns.forwarding import Forwarder, NoAnswer
from pyk3s.dns.server import Server
from pyk3s.dns.settings import DnsSettings
from pyk3s.lib import clock, tasks


def resolver(asked, records=1):
    """Answers everything with so many records; cut in datagrams where there are many."""

    def answer(data, datagram):
        query = DNSRecord.parse(data)
        asked.append("udp" if datagram else "tcp")
        reply = query.reply()
        reply.add_answer(*(RR(query.q.qname, rdata=A(f"192.0.2.{number}"), ttl=60) for number in range(records)))
        if datagram and records > 20:
            return answering.cut(reply)
        return bytes(reply.pack())

    return answer


def forward(tmp_path, queries, records=1):
    """The replies to `queries`, and by which ways a resolver was asked."""
    asked = []

    async def run():
        async with tasks.TaskOwner("test") as owner:
            server = Server(resolver(asked, records), owner)
            port = await server.listen("127.0.0.1", 0)
            path = tmp_path / "resolv.conf"
            path.write_text("nameserver 127.0.0.1\n")
            forwarder = Forwarder(DnsSettings(resolv_conf=path), clock.SystemClock(), port)
            try:
                return [DNSRecord.parse(await forwarder.ask(bytes(query.pack()))) for query in queries]
            finally:
                server.close()

    return asyncio.run(run()), asked


def test_a_reply_is_asked_for_once_and_then_kept(tmp_path):
    first, second = DNSRecord.question("example.org"), DNSRecord.question("example.org")
    replies, asked = forward(tmp_path, [first, second])
    assert [reply.header.id for reply in replies] == [first.header.id, second.header.id]
    assert [str(reply.rr[0].rdata) for reply in replies] == ["192.0.2.0"] * 2
    assert asked == ["udp"]


def test_a_cut_reply_is_asked_for_again_by_tcp(tmp_path):
    [reply], asked = forward(tmp_path, [DNSRecord.question("example.org")], records=40)
    assert len(reply.rr) == 40
    assert asked == ["udp", "tcp"]


def test_without_resolvers_there_is_no_answer(tmp_path):
    forwarder = Forwarder(DnsSettings(resolv_conf=tmp_path / "absent"), clock.SystemClock())
    with pytest.raises(NoAnswer):
        asyncio.run(forwarder.ask(bytes(DNSRecord.question("example.org").pack())))
