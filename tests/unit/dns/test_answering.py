"""Queries in, replies out: names of the cluster as DNS-based service discovery 1.1.0 has them."""

import pytest
from dnslib import EDNS0, QTYPE, RCODE, DNSRecord

from pyk3s.client.objects import Identity, SliceMetadata
from pyk3s.dns import answering
from pyk3s.dns.objects import (
    Conditions,
    Endpoint,
    EndpointPort,
    EndpointSlice,
    Service,
    ServicePort,
    ServiceSpec,
)
from pyk3s.dns.zone import Zone


def service(name, *addresses, **spec):
    ports = [ServicePort(80, "http"), ServicePort(53, "dns", "UDP")]
    return Service(Identity(name=name, namespace="shop"), ServiceSpec(cluster_ips=list(addresses), ports=ports, **spec))


def piece(name, *endpoints):
    labels = {"kubernetes.io/service-name": name}
    meta = SliceMetadata(name=f"{name}-1", namespace="shop", labels=labels)
    return EndpointSlice(meta, list(endpoints), [EndpointPort("http", 8080)])


SERVICES = {
    each.metadata.key: each
    for each in (
        service("web", "10.43.0.5", "fd00::5"),
        service("db", "None"),
        service("idle", "None"),
        service("away", type="ExternalName", external_name="example.org"),
    )
}
SLICES = {
    "shop/db": [
        piece(
            "db",
            Endpoint(["10.42.0.7"], "db-0"),
            Endpoint(["10.42.0.8"]),
            Endpoint(["10.42.0.9"], conditions=Conditions(ready=False)),
        )
    ]
}


@pytest.fixture
def zone():
    return Zone(
        "cluster.local",
        service=SERVICES.get,
        slices=lambda key: SLICES.get(key, []),
        has_namespace=lambda name: name == "shop",
        services_at=lambda address: [each for each in SERVICES.values() if address in each.spec.cluster_ips],
        slices_at=lambda address: [
            each for found in SLICES.values() for each in found for end in each.endpoints if address in end.addresses
        ],
    )


@pytest.fixture
def ask(zone):
    def asked(name, kind="A"):
        query = answering.parse(bytes(DNSRecord.question(name, kind).pack()))
        reply = answering.answer(query, zone, lambda host: ["192.0.2.1"] if host == "node1" else [])
        return reply and DNSRecord.parse(answering.packed(reply, query, datagram=True))

    return asked


def data(reply):
    return {str(record.rdata) for record in reply.rr}


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("web.shop.svc.cluster.local", "A", {"10.43.0.5"}),
        ("WEB.Shop.svc.Cluster.Local", "A", {"10.43.0.5"}),
        ("web.shop.svc.cluster.local", "AAAA", {"fd00::5"}),
        ("db.shop.svc.cluster.local", "A", {"10.42.0.7", "10.42.0.8"}),
        ("db-0.db.shop.svc.cluster.local", "A", {"10.42.0.7"}),
        ("10-42-0-8.db.shop.svc.cluster.local", "A", {"10.42.0.8"}),
        ("_http._tcp.web.shop.svc.cluster.local", "SRV", {"0 100 80 web.shop.svc.cluster.local."}),
        ("_dns._udp.web.shop.svc.cluster.local", "SRV", {"0 100 53 web.shop.svc.cluster.local."}),
        ("1-2-3-4.shop.pod.cluster.local", "A", {"1.2.3.4"}),
        ("dns-version.cluster.local", "TXT", {'"1.1.0"'}),
        ("away.shop.svc.cluster.local", "CNAME", {"example.org."}),
        ("5.0.43.10.in-addr.arpa", "PTR", {"web.shop.svc.cluster.local."}),
        ("7.0.42.10.in-addr.arpa", "PTR", {"db-0.db.shop.svc.cluster.local."}),
        ("node1", "A", {"192.0.2.1"}),
    ],
)
def test_a_name_means(ask, name, kind, expected):
    reply = ask(name, kind)
    assert data(reply) == expected
    assert reply.header.rcode == RCODE.NOERROR


def test_headless_ports_point_at_the_hosts_and_bring_their_addresses(ask):
    reply = ask("_http._tcp.db.shop.svc.cluster.local", "SRV")
    assert data(reply) == {
        "0 50 8080 db-0.db.shop.svc.cluster.local.",
        "0 50 8080 10-42-0-8.db.shop.svc.cluster.local.",
    }
    assert {str(record.rdata) for record in reply.ar} == {"10.42.0.7", "10.42.0.8"}


@pytest.mark.parametrize(
    "name",
    [
        "nothing.shop.svc.cluster.local",
        "idle.shop.svc.cluster.local",
        "db-1.db.shop.svc.cluster.local",
        "x.web.shop.svc.cluster.local",
        "_https._tcp.web.shop.svc.cluster.local",
        "1-2-3-4.nowhere.pod.cluster.local",
        "words.shop.pod.cluster.local",
        "nowhere.svc.cluster.local",
        "a.b.c.d.e.f.svc.cluster.local",
        "other.cluster.local",
    ],
)
def test_a_name_that_does_not_exist_is_denied_with_the_soa(ask, name):
    reply = ask(name)
    assert reply.header.rcode == RCODE.NXDOMAIN
    assert [record.rtype for record in reply.auth] == [QTYPE.SOA]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("web.shop.svc.cluster.local", "MX"), ("shop.svc.cluster.local", "A"), ("db.shop.svc.cluster.local", "AAAA")],
)
def test_a_name_without_records_of_a_kind_exists_all_the_same(ask, name, kind):
    reply = ask(name, kind)
    assert (reply.header.rcode, reply.rr) == (RCODE.NOERROR, [])
    assert [record.rtype for record in reply.auth] == [QTYPE.SOA]


@pytest.mark.parametrize(("name", "kind"), [("example.org", "A"), ("4.3.2.1.in-addr.arpa", "PTR")])
def test_other_names_are_for_others(ask, name, kind):
    assert ask(name, kind) is None


def test_answers_live_five_seconds(ask):
    assert [record.ttl for record in ask("web.shop.svc.cluster.local").rr] == [5]


@pytest.mark.parametrize(("size", "cut"), [(None, True), (1232, False)])
def test_what_does_not_fit_a_datagram_is_cut(zone, monkeypatch, size, cut):
    many = [Endpoint([f"10.42.1.{number}"]) for number in range(40)]
    monkeypatch.setitem(SLICES, "shop/db", [piece("db", *many)])
    question = DNSRecord.question("db.shop.svc.cluster.local")
    if size:
        question.add_ar(EDNS0(udp_len=size))
    query = answering.parse(bytes(question.pack()))
    reply = answering.answer(query, zone, lambda host: [])
    packed = DNSRecord.parse(answering.packed(reply, query, datagram=True))
    assert bool(packed.header.tc) is cut
    assert packed.q == question.q
    assert len(packed.rr) == (0 if cut else 40)


@pytest.mark.parametrize("junk", [b"", b"\0" * 11, b"\0" * 12, b"\xff" * 40, b"ab\x80\0" + b"\0" * 8])
def test_junk_is_malformed(junk):
    with pytest.raises(answering.Malformed):
        answering.parse(junk)


def test_a_malformed_query_is_told_so_but_an_answer_never_is():
    assert DNSRecord.parse(answering.format_error(b"ab" + b"\0" * 10)).header.rcode == RCODE.FORMERR
    assert answering.format_error(b"ab\x80\0" + b"\0" * 8) is None
