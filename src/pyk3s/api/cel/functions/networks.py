"""URLs, IP addresses and CIDRs."""

import ipaddress
import urllib.parse
from collections.abc import Callable
from typing import Any

from pyk3s.api.cel import evaluation
from pyk3s.api.cel.declarations import Function, function, method, overload
from pyk3s.api.cel.evaluation import EvaluationError
from pyk3s.api.cel.values import VALUE, Opaque, opaque

URL, IP, CIDR = "kubernetes.URL", "net.IP", "net.CIDR"
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Interface | ipaddress.IPv6Interface


def _parsed_url(text: str) -> urllib.parse.SplitResult:
    evaluation.spend_reading(text)
    try:
        parts = urllib.parse.urlsplit(text)
        parts.port  # noqa: B018 - raises for a port that is none
    except ValueError as wrong:
        raise EvaluationError(f"URL parse error during conversion from string: {wrong}") from wrong
    if not (parts.scheme or text.startswith("/")) or any(letter <= " " or letter == "\x7f" for letter in text):
        raise EvaluationError(f"URL parse error during conversion from string: parse {text!r}: invalid URI for request")
    return parts


def url(text: str) -> Opaque:
    _parsed_url(text)
    return opaque(URL, text)


def _part(get: Callable[[urllib.parse.SplitResult], Any]) -> Callable[[Opaque], Any]:
    return lambda made: get(_parsed_url(made[VALUE]))


def _host(parts: urllib.parse.SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]


def _hostname(parts: urllib.parse.SplitResult) -> str:
    host = _host(parts)
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if ":" in host else host


def _query(parts: urllib.parse.SplitResult) -> dict[str, list[str]]:
    return urllib.parse.parse_qs(parts.query, keep_blank_values=True)


def _escaped_path(parts: urllib.parse.SplitResult) -> str:
    return urllib.parse.quote(parts.path, safe="/%!$&'()*+,;=:@-._~[]")


def _succeeds(make: Callable[[str], object]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            make(text)
        except evaluation.BudgetExceeded:
            raise
        except EvaluationError:
            return False
        return True

    return check


def address(text: str) -> Address:
    """An address in the form the API accepts: no zone, no IPv4 inside IPv6."""
    evaluation.spend_reading(text)
    try:
        made = ipaddress.ip_address(text)
    except ValueError as wrong:
        raise EvaluationError(f'IP Address "{text}" parse error during conversion from string: {wrong}') from wrong
    if isinstance(made, ipaddress.IPv6Address) and (made.scope_id or made.ipv4_mapped):
        told = "with zone value" if made.scope_id else "as an IPv4-mapped IPv6 address"
        raise EvaluationError(f'IP address "{text}" {told} is not allowed')
    return made


def ip(text: str) -> Opaque:
    return opaque(IP, str(address(text)))


def is_canonical(text: str) -> bool:
    evaluation.spend_reading(text)
    return str(address(text)) == text


def network(text: str) -> Network:
    evaluation.spend_reading(text)
    prefix = text.partition("/")[2]
    try:
        if not (prefix.isdecimal() and (prefix == "0" or prefix[0] != "0")):
            raise ValueError("no prefix length")
        made = ipaddress.ip_interface(text)
    except ValueError as wrong:
        raise EvaluationError(
            f'network address parse error during conversion from string: "{text}": {wrong}'
        ) from wrong
    if isinstance(made, ipaddress.IPv6Interface) and (made.ip.scope_id or made.ip.ipv4_mapped):
        raise EvaluationError(f'CIDR "{text}" is not allowed: it has a zone or an IPv4-mapped address')
    return made


def cidr(text: str) -> Opaque:
    return opaque(CIDR, str(network(text)))


def _of_ip(get: Callable[[Address], Any]) -> Callable[[Opaque], Any]:
    return lambda made: get(address(made[VALUE]))


def _of_cidr(get: Callable[[Network], Any]) -> Callable[[Opaque], Any]:
    return lambda made: get(network(made[VALUE]))


def contains_ip(outer: Opaque, inner: Opaque | str) -> bool:
    wanted = address(inner if isinstance(inner, str) else inner[VALUE])
    return wanted in network(outer[VALUE]).network


def contains_cidr(outer: Opaque, inner: Opaque | str) -> bool:
    whole = network(outer[VALUE]).network
    part = network(inner if isinstance(inner, str) else inner[VALUE])
    return part.version == whole.version and part.ip in whole and part.network.prefixlen >= whole.prefixlen


def _global_unicast(made: Address) -> bool:
    broadcast = isinstance(made, ipaddress.IPv4Address) and int(made) == 0xFFFFFFFF
    return not (made.is_unspecified or made.is_loopback or made.is_multicast or made.is_link_local or broadcast)


def _link_local_multicast(made: Address) -> bool:
    if isinstance(made, ipaddress.IPv4Address):
        return made in ipaddress.ip_network("224.0.0.0/24")
    return made.packed[0] == 0xFF and made.packed[1] & 0x0F == 2


NETWORKS: tuple[Function, ...] = (
    function("url", overload("string", URL, url)),
    function("isURL", overload("string", "bool", _succeeds(_parsed_url))),
    method("getScheme", overload(URL, "string", _part(lambda parts: parts.scheme))),
    method("getHost", overload(URL, "string", _part(_host))),
    method("getHostname", overload(URL, "string", _part(_hostname))),
    method("getPort", overload(URL, "string", _part(lambda parts: "" if parts.port is None else str(parts.port)))),
    method("getEscapedPath", overload(URL, "string", _part(_escaped_path))),
    method("getQuery", overload(URL, "map<string,list<string>>", _part(_query))),
    function("ip", overload("string", IP, ip)),
    function("isIP", overload("string", "bool", _succeeds(address))),
    function("ip.isCanonical", overload("string", "bool", is_canonical)),
    method("family", overload(IP, "int", _of_ip(lambda made: made.version))),
    method("isUnspecified", overload(IP, "bool", _of_ip(lambda made: made.is_unspecified))),
    method("isLoopback", overload(IP, "bool", _of_ip(lambda made: made.is_loopback))),
    method("isLinkLocalMulticast", overload(IP, "bool", _of_ip(_link_local_multicast))),
    method("isLinkLocalUnicast", overload(IP, "bool", _of_ip(lambda made: made.is_link_local))),
    method("isGlobalUnicast", overload(IP, "bool", _of_ip(_global_unicast))),
    function("cidr", overload("string", CIDR, cidr)),
    function("isCIDR", overload("string", "bool", _succeeds(network))),
    method(
        "containsIP", overload(f"{CIDR} string", "bool", contains_ip), overload(f"{CIDR} {IP}", "bool", contains_ip)
    ),
    method(
        "containsCIDR",
        overload(f"{CIDR} string", "bool", contains_cidr),
        overload(f"{CIDR} {CIDR}", "bool", contains_cidr),
    ),
    method("ip", overload(CIDR, IP, _of_cidr(lambda made: opaque(IP, str(made.ip))))),
    method("masked", overload(CIDR, CIDR, _of_cidr(lambda made: opaque(CIDR, str(made.network))))),
    method("prefixLength", overload(CIDR, "int", _of_cidr(lambda made: made.network.prefixlen))),
    function(
        "string",
        overload(IP, "string", lambda made: str(made[VALUE])),
        overload(CIDR, "string", lambda made: str(made[VALUE])),
    ),
)
