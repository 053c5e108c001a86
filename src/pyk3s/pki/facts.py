"""Reads what matters of a certificate from its DER: names, issuer, validity, by the few structures on the way to them.

No X.509 library is loaded for it: that would stay in resident processes. Nothing is verified here: the TLS layer has
done so, or the file is our own.
"""

import base64
import binascii
import calendar
import pathlib
import re
from typing import NamedTuple

_COMMON_NAME, _ORGANISATION = b"\x55\x04\x03", b"\x55\x04\x0a"
_EXPLICIT_VERSION = 0xA0
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
_TIME = re.compile(rb"(\d\d)?(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z")
_CENTURY_TURN = 50  # RFC 5280: two-digit years from 50 on are of the 20th century


class CertificateError(Exception):
    """A certificate is not readable."""


class Facts(NamedTuple):
    """Names and validity; `issuer` and `subject` are the names' DER, times are seconds since 1970."""

    common_name: str
    organisations: tuple[str, ...]
    issuer: bytes
    subject: bytes
    not_before: float
    not_after: float


def read(der: bytes) -> Facts:
    """The facts of one certificate; raises CertificateError."""
    _, certificate, _ = _element(der, 0)
    _, signed, _ = _element(certificate, 0)
    at = 0
    tag, _, after = _element(signed, at)
    if tag == _EXPLICIT_VERSION:
        at = after
    for _ in range(2):  # serial number, signature algorithm
        _, _, at = _element(signed, at)
    _, issuer, at = _element(signed, at)
    _, validity, at = _element(signed, at)
    _, subject, _ = _element(signed, at)
    begin, middle = _time(validity, 0)
    end, _ = _time(validity, middle)
    names = _attributes(subject)
    common_name = next((value for kind, value in reversed(names) if kind == _COMMON_NAME), "")
    organisations = tuple(value for kind, value in names if kind == _ORGANISATION)
    return Facts(common_name, organisations, issuer, subject, begin, end)


def read_file(path: pathlib.Path) -> list[Facts]:
    """Every certificate of a PEM file in order: a leaf, then its authorities. Raises CertificateError, OSError."""
    try:
        return read_pem(path.read_bytes())
    except CertificateError as error:
        raise CertificateError(f"{path}: {error}") from None


def read_pem(text: bytes) -> list[Facts]:
    """Every certificate of a PEM text in order; raises CertificateError."""
    found = ders(text)
    if not found:
        raise CertificateError("there is no whole certificate in it")
    return [read(der) for der in found]


def ders(text: bytes) -> list[bytes]:
    """The DER of every certificate of a PEM text in order; raises CertificateError for one that is not base64."""
    return [_decoded(each) for each in _PEM.findall(text)]


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except binascii.Error:
        raise CertificateError("a certificate in it is not base64") from None


def _time(data: bytes, at: int) -> tuple[float, int]:
    """The moment at a position, and the position after it."""
    tag, text, after = _element(data, at)
    found = _TIME.fullmatch(text)
    if found is None or tag not in (_UTC_TIME, _GENERALIZED_TIME) or (tag == _GENERALIZED_TIME) is not bool(found[1]):
        raise CertificateError("a time of the certificate is not readable")
    century, year, *rest = (int(each) if each else None for each in found.groups())
    assert year is not None
    full = year + 100 * (century if century is not None else 19 if year >= _CENTURY_TURN else 20)
    return float(calendar.timegm((full, *(each or 0 for each in rest)))), after


def _attributes(names: bytes) -> list[tuple[bytes, str]]:
    found = []
    at = 0
    while at < len(names):
        _, members, at = _element(names, at)
        inner = 0
        while inner < len(members):
            _, pair, inner = _element(members, inner)
            _, kind, after = _element(pair, 0)
            _, value, _ = _element(pair, after)
            found.append((kind, value.decode("utf-8", "replace")))
    return found


def _element(data: bytes, at: int) -> tuple[int, bytes, int]:
    """Tag, content and end of the DER element at a position."""
    try:
        tag, length = data[at], data[at + 1]
    except IndexError:
        raise CertificateError("the certificate ends too early") from None
    start = at + 2
    if length & 0x80:
        count = length & 0x7F
        length = int.from_bytes(data[start : start + count], "big")
        start += count
    end = start + length
    if end > len(data):
        raise CertificateError("an element of the certificate is longer than the certificate")
    return tag, data[start:end], end
