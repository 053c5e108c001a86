"""Names of the cluster: what exists, what they mean, and how a reply says so."""

import pytest
from dnslib import EDNS0, QTYPE, RCODE, DNSRecord

from pyk3s.client.objects import Identity
from pyk3s.dns import answering
from pyk3s.dns.objects import (
    Conditions,
    Endpoint,
    EndpointPort,
    EndpointSlice,
    Labelled,
    Service,
    ServicePort,
    ServiceSpec,
)
from pyk3s.dns.zone import Zone


def service(key, *cluster_ips, **spec):
    namespace, _, name = key.partition("/")
    return Service(Identity(name=name, namespace=namespace), ServiceSpec(cluster_ips=list(cluster_ips), **spec))


PORT = ServicePort(80, "http")
SERVICES = {
    each.metadata.key: each
    for each in (
        service("shop/web", "10.43.0.5", ports=[PORT]),
        service("shop/dual", "10.43.0.6", "fd00:43::6"),
        service("shop/db", "None"),
        service("shop/empty", "None"),
        service("shop/away", type="ExternalName", external_name="example.org"),
    )
}
SLICE = EndpointSlice(
    Labelled(name="db-1", namespace="shop", labels={"kubernetes.io/service-name": "db"}),
    endpoints=[
        Endpoint(["10.42.0.7"], "db-0"),
        Endpoint(["10.42.0.8"]),
        Endpoint(["10.42.0.9"], conditions=Conditions(ready=False)),
    ],
    ports=[EndpointPort("sql", 5432)],
)
ZONE = Zone(
    "cluster.local",
    service=SERVICES.get,
    slices=lambda key: [SLICE] if key == "shop/db" else [],
    has_namespace=lambda name: name == "shop",
    services_at=lambda address: [each for each in SERVICES.values() if address in each.spec.cluster_ips],
    slices_at=lambda address: [SLICE] if address.startswith("10.42.0.") else [],
)


def ask(name, kind="A", hosts=lambda name: ()):
    return answering.answer(DNSRecord.question(name, kind), ZONE, hosts)


def data(reply):
    return sorted(str(record.rdata) for record in reply.rr)


@pytest.mark.parametrize(
    ("name", "kind", "meant"),
    [
        ("web.shop.svc.cluster.local", "A", ["10.43.0.5"]),
        ("WEB.Shop.svc.Cluster.Local", "A", ["10.43.0.5"]),
        ("dual.shop.svc.cluster.local", "AAAA", ["fd00:43::6"]),
        ("db.shop.svc.cluster.local", "A", ["10.42.0.7", "10.42.0.8"]),
        ("db-0.db.shop.svc.cluster.local", "A", ["10.42.0.7"]),
        ("10-42-0-8.db.shop.svc.cluster.local", "A", ["10.42.0.8"]),
        ("away.shop.svc.cluster.local", "A", ["example.org."]),
        ("10-42-0-99.shop.pod.cluster.local", "A", ["10.42.0.99"]),
        ("dns-version.cluster.local", "TXT", ['"1.1.0"']),
        ("_http._tcp.web.shop.svc.cluster.local", "SRV", ["0 100 80 web.shop.svc.cluster.local."]),
        ("5.0.43.10.in-addr.arpa", "PTR", ["web.shop.svc.cluster.local."]),
        ("7.0.42.10.in-addr.arpa", "PTR", ["db-0.db.shop.svc.cluster.local."]),
    ],
)
def test_a_name_means_what_the_specification_says(name, kind, meant):
    reply = ask(name, kind)
    assert (data(reply), reply.header.rcode, reply.header.aa) == (meant, RCODE.NOERROR, 1)


def test_srv_of_a_headless_service_names_each_endpoint_and_brings_its_address():
    reply = ask("_sql._tcp.db.shop.svc.cluster.local", "SRV")
    assert data(reply) == [f"0 50 5432 {host}.db.shop.svc.cluster.local." for host in ("10-42-0-8", "db-0")]
    assert sorted(str(record.rdata) for record in reply.ar) == ["10.42.0.7", "10.42.0.8"]


@pytest.mark.parametrize(
    "name",
    [
        "nope.shop.svc.cluster.local",
        "web.nope.svc.cluster.local",
        "nope.svc.cluster.local",
        "empty.shop.svc.cluster.local",
        "db-0.web.shop.svc.cluster.local",
        "10-42-0-9.db.shop.svc.cluster.local",
        "a.b.c.d.e.svc.cluster.local",
        "google.com.shop.svc.cluster.local",
        "not-an-address.shop.pod.cluster.local",
        "_nope._tcp.web.shop.svc.cluster.local",
    ],
)
def test_what_does_not_exist_is_denied_with_a_soa(name):
    reply = ask(name)
    assert reply.header.rcode == RCODE.NXDOMAIN
    assert [record.rtype for record in reply.auth] == [QTYPE.SOA]


@pytest.mark.parametrize(
    "name", ["cluster.local", "svc.cluster.local", "shop.svc.cluster.local", "_tcp.web.shop.svc.cluster.local"]
)
def test_a_name_above_others_exists_without_records(name):
    reply = ask(name)
    assert (reply.header.rcode, reply.rr, len(reply.auth)) == (RCODE.NOERROR, [], 1)


def test_a_known_name_of_another_type_exists_without_records():
    assert ask("web.shop.svc.cluster.local", "AAAA").header.rcode == RCODE.NOERROR


def test_records_live_five_seconds():
    assert {record.ttl for record in ask("web.shop.svc.cluster.local").rr} == {5}


def test_other_names_are_for_others():
    assert ask("example.org") is None
    assert ask("9.9.9.9.in-addr.arpa", "PTR") is None


def test_a_node_is_known_by_its_name():
    assert data(ask("n1", hosts=lambda name: ["198.51.100.1"] if name == "n1" else [])) == ["198.51.100.1"]


def test_a_reply_too_long_for_a_datagram_is_cut_and_marked():
    query = DNSRecord.question("db.shop.svc.cluster.local")
    reply = query.reply()
    for number in range(60):
        reply.add_answer(*ask("web.shop.svc.cluster.local").rr)
        reply.rr[-1].rdata.data = (10, 42, 1, number)
    assert DNSRecord.parse(answering.packed(reply, query, datagram=True)).header.tc == 1


def test_an_asker_with_room_gets_the_long_reply():
    query = DNSRecord.question("db.shop.svc.cluster.local")
    query.add_ar(EDNS0(udp_len=4096))
    reply = query.reply()
    for _ in range(25):
        reply.add_answer(*ask("web.shop.svc.cluster.local").rr)
    packed = DNSRecord.parse(answering.packed(reply, query, datagram=True))
    assert (packed.header.tc, len(packed.rr)) == (0, 25)


@pytest.mark.parametrize("garbage", [b"", b"\0", b"\0" * 11, b"\xff" * 40, bytes(range(64))])
def test_garbage_gets_a_format_error_or_nothing(garbage):
    with pytest.raises(answering.Malformed):
        answering.parse(garbage)
    reply = answering.format_error(garbage)
    assert reply is None or DNSRecord.parse(reply).header.rcode == RCODE.FORMERR


def test_an_answer_sent_to_us_is_not_answered():
    assert answering.format_error(DNSRecord.question("a").reply().pack()) is None
