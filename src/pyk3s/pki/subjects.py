"""Reads the subject of a certificate from its DER, by the few structures on the way to it.

No X.509 library is loaded for it: that would stay in resident processes. The TLS
layer has verified the certificate; here it is only read.
"""

_COMMON_NAME, _ORGANISATION = b"\x55\x04\x03", b"\x55\x04\x0a"
_EXPLICIT_VERSION = 0xA0
_SUBJECT_AFTER = 4  # serial number, signature algorithm, issuer, validity


class CertificateError(Exception):
    """A certificate is not readable."""


def subject(der: bytes) -> tuple[str, list[str]]:
    """Common name and organisations of a certificate; raises CertificateError."""
    _, certificate, _ = _element(der, 0)
    _, signed, _ = _element(certificate, 0)
    at = 0
    tag, _, after = _element(signed, at)
    if tag == _EXPLICIT_VERSION:
        at = after
    for _ in range(_SUBJECT_AFTER):
        _, _, at = _element(signed, at)
    _, names, _ = _element(signed, at)
    common_name, organisations = "", []
    for kind, value in _attributes(names):
        if kind == _COMMON_NAME:
            common_name = value
        elif kind == _ORGANISATION:
            organisations.append(value)
    return common_name, organisations


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
