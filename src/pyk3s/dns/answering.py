"""DNS messages for the cluster's names: a query in, a reply out, or None if others must be asked. Pure."""

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from dnslib import AAAA, CNAME, EDNS0, NS, PTR, QTYPE, RCODE, RR, SOA, SRV, TXT, A, DNSError, DNSHeader, DNSRecord

from pyk3s.dns.zone import Found, Zone

TTL_S = 5  # as K3s sets it
HOST_TTL_S = 60
REVERSE_V4 = ("in-addr", "arpa")
REVERSE_V6 = ("ip6", "arpa")
CLASSIC_SIZE, MOST_SIZE = 512, 1232  # the latter passes every network without fragments

HostAddresses = Callable[[str], Sequence[str]]


class Malformed(Exception):
    """Bytes that are not a DNS query; they get no reply unless they had an id."""


def parse(data: bytes) -> DNSRecord:
    """The query in a datagram; raises Malformed for anything else, answers included."""
    try:
        query = DNSRecord.parse(data)
    except (DNSError, ValueError, IndexError, UnicodeError) as error:
        raise Malformed(str(error)) from error
    if query.header.qr or len(query.questions) != 1:
        raise Malformed("not a query with one question")
    return query


def labels_of(query: DNSRecord) -> tuple[str, ...]:
    """The name asked for, in lower case."""
    return tuple(label.decode("latin-1").lower() for label in query.q.qname.label)


def answer(query: DNSRecord, zone: Zone, hosts: HostAddresses) -> DNSRecord | None:
    """The reply to a query for a name that is ours, None for every other name."""
    labels = labels_of(query)
    if zone.owns(labels):
        return _authoritative(query, zone, zone.look_up(labels))
    if labels[-2:] in (REVERSE_V4, REVERSE_V6) and query.q.qtype == QTYPE.PTR:
        return _reverse(query, zone, labels)
    if known := hosts(".".join(labels)):
        found = Found(tuple(ip_address(text) for text in known))
        return _with_records(query, found, HOST_TTL_S)
    return None


def packed(reply: DNSRecord, query: DNSRecord, *, datagram: bool) -> bytes:
    """The bytes of a reply; one that is too long for the asker's datagram is cut and marked, so that it asks by TCP."""
    size = payload_size(query)
    if size is not None and not any(record.rtype == QTYPE.OPT for record in reply.ar):
        reply.add_ar(EDNS0(udp_len=MOST_SIZE))
    data = bytes(reply.pack())
    if datagram and len(data) > min(max(size or 0, CLASSIC_SIZE), MOST_SIZE):
        return cut(reply)
    return data


def cut(reply: DNSRecord) -> bytes:
    """The reply without records but with its question, which resolvers compare, and marked as truncated."""
    header = DNSHeader(id=reply.header.id, bitmap=reply.header.bitmap, tc=1)
    sizes = [record for record in reply.ar if record.rtype == QTYPE.OPT]
    return bytes(DNSRecord(header, questions=reply.questions, ar=sizes).pack())


def payload_size(query: DNSRecord) -> int | None:
    """How many bytes the asker takes in one datagram, if it said so (EDNS0)."""
    return next((int(record.edns_len) for record in query.ar if record.rtype == QTYPE.OPT), None)


def failure(query: DNSRecord, code: str = "SERVFAIL") -> DNSRecord:
    reply = query.reply(ra=1, aa=0)
    reply.header.rcode = getattr(RCODE, code)
    return reply


def format_error(data: bytes) -> bytes | None:
    """FORMERR for bytes that at least begin with an id and are no answer themselves."""
    if len(data) < 12 or data[2] & 0x80:
        return None
    header = DNSHeader(id=int.from_bytes(data[:2]), qr=1, rcode=RCODE.FORMERR)
    return bytes(DNSRecord(header).pack())


def _authoritative(query: DNSRecord, zone: Zone, found: Found | None) -> DNSRecord:
    if found is None:
        reply = query.reply(ra=1)
        reply.header.rcode = RCODE.NXDOMAIN
    else:
        reply = _with_records(query, found, TTL_S)
        if query.q.qtype == QTYPE.SRV:
            _add_targets(reply, query, zone, found)
        if zone.domain == ".".join(labels_of(query)):
            _add_apex(reply, query, zone)
    if not reply.rr:
        reply.add_auth(_soa(zone))
    return reply


def _with_records(query: DNSRecord, found: Found, ttl: int) -> DNSRecord:
    reply, name, asked = query.reply(ra=1), query.q.qname, query.q.qtype
    if found.alias:
        reply.add_answer(RR(name, QTYPE.CNAME, rdata=CNAME(found.alias), ttl=ttl))
    for address in found.addresses:
        if isinstance(address, IPv4Address) and asked in (QTYPE.A, QTYPE.ANY):
            reply.add_answer(RR(name, QTYPE.A, rdata=A(str(address)), ttl=ttl))
        elif isinstance(address, IPv6Address) and asked in (QTYPE.AAAA, QTYPE.ANY):
            reply.add_answer(RR(name, QTYPE.AAAA, rdata=AAAA(str(address)), ttl=ttl))
    if found.text and asked in (QTYPE.TXT, QTYPE.ANY):
        reply.add_answer(RR(name, QTYPE.TXT, rdata=TXT(found.text), ttl=ttl))
    return reply


def _add_targets(reply: DNSRecord, query: DNSRecord, zone: Zone, found: Found) -> None:
    """SRV records share the weight 100 evenly, and bring the addresses of their hosts along."""
    weight = 100 // max(1, len(found.targets))
    for target in found.targets:
        record = SRV(0, weight, target.port, target.host)
        reply.add_answer(RR(query.q.qname, QTYPE.SRV, rdata=record, ttl=TTL_S))
    for host in dict.fromkeys(target.host for target in found.targets):
        meant = zone.look_up(host.split("."))
        for address in meant.addresses if meant else ():
            kind, data = (QTYPE.A, A) if address.version == 4 else (QTYPE.AAAA, AAAA)
            reply.add_ar(RR(host, kind, rdata=data(str(address)), ttl=TTL_S))


def _add_apex(reply: DNSRecord, query: DNSRecord, zone: Zone) -> None:
    if query.q.qtype == QTYPE.SOA:
        reply.add_answer(_soa(zone))
    elif query.q.qtype == QTYPE.NS:
        reply.add_answer(RR(zone.domain, QTYPE.NS, rdata=NS(f"ns.dns.{zone.domain}"), ttl=TTL_S))


def _reverse(query: DNSRecord, zone: Zone, labels: Sequence[str]) -> DNSRecord | None:
    address = _reversed_address(labels)
    names = zone.reverse(address) if address else ()
    if not names:
        return None
    reply = query.reply(ra=1)
    for name in names:
        reply.add_answer(RR(query.q.qname, QTYPE.PTR, rdata=PTR(name), ttl=TTL_S))
    return reply


def _reversed_address(labels: Sequence[str]) -> str:
    """`4.3.2.1.in-addr.arpa` is 1.2.3.4; nibbles likewise; empty for a part of an address."""
    parts = list(reversed(labels[:-2]))
    try:
        if tuple(labels[-2:]) == REVERSE_V4:
            return str(IPv4Address(".".join(parts)))
        groups = ["".join(parts[start : start + 4]) for start in range(0, 32, 4)]
        return str(IPv6Address(":".join(groups)))
    except ValueError:
        return ""


def _soa(zone: Zone) -> RR:
    times = (1, 7200, 1800, 86400, TTL_S)  # serial, refresh, retry, expire, how long NXDOMAIN may be kept
    data = SOA(f"ns.dns.{zone.domain}", f"hostmaster.{zone.domain}", times)
    return RR(zone.domain, QTYPE.SOA, rdata=data, ttl=TTL_S)
