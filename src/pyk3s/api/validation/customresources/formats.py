"""Formats of strings that schemas may ask for; formats not listed here are not checked, as the API does with unknown
ones.
"""

import base64
import binascii
import datetime
import ipaddress
import re
import urllib.parse
from collections.abc import Callable

from pyk3s.api import names

_is_uuid = re.compile(r"(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}").fullmatch
_is_email = re.compile(r"[^@\s<>]+@[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?").fullmatch
_is_hostname = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9]{0,62})(\.[A-Za-z0-9]([-A-Za-z0-9]{0,62}))*\.?").fullmatch
_is_mac = re.compile(r"(?i)([0-9a-f]{2}[:-]){5}[0-9a-f]{2}").fullmatch
_is_duration = re.compile(r"-?([0-9]+(\.[0-9]+)?\s*(ns|us|µs|ms|s|m|h|d|w|[a-z]+)\s*)+").fullmatch
_is_time = re.compile(r"(?i)\d{4}-\d\d-\d\d[t ]\d\d:\d\d:\d\d(\.\d+)?(z|[+-]\d\d:?\d\d)").fullmatch


def _date_time(text: str) -> bool:
    if not _is_time(text):
        return False
    try:
        datetime.datetime.fromisoformat(text.upper())
    except ValueError:
        return False
    return True


def _date(text: str) -> bool:
    try:
        return len(text) == 10 and bool(datetime.date.fromisoformat(text))
    except ValueError:
        return False


def _byte(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _uri(text: str) -> bool:
    try:
        return bool(urllib.parse.urlsplit(text).scheme) or text.startswith("/")
    except ValueError:
        return False


def _address(kind: Callable[[str], object]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            kind(text)
        except ValueError:
            return False
        return True

    return check


CHECKS: dict[str, Callable[[str], bool]] = {
    "date-time": _date_time,
    "datetime": _date_time,
    "date": _date,
    "byte": _byte,
    "uri": _uri,
    "uuid": lambda text: bool(_is_uuid(text)),
    "email": lambda text: bool(_is_email(text)),
    "hostname": lambda text: len(text) <= 255 and bool(_is_hostname(text)),
    "mac": lambda text: bool(_is_mac(text)),
    "duration": lambda text: bool(_is_duration(text)),
    "ipv4": _address(ipaddress.IPv4Address),
    "ipv6": _address(ipaddress.IPv6Address),
    "cidr": lambda text: "/" in text and _address(lambda each: ipaddress.ip_network(each, strict=False))(text),
    "k8s-short-name": lambda text: not names.label(text),
    "k8s-long-name": lambda text: not names.subdomain(text),
}


def fits(name: str, text: str) -> bool:
    check = CHECKS.get(name)
    return check is None or check(text)
