"""What certificate files hold, as `k3s certificate check` tells it.

Loads the X.509 library: for short-lived commands.
"""

import datetime
import pathlib
from collections.abc import Iterable
from typing import NamedTuple

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from pyk3s.pki import lifetimes

OK, WARNING, EXPIRED, NOT_YET_VALID = "OK", "WARNING", "EXPIRED", "NOT YET VALID"
_PURPOSES = {ExtendedKeyUsageOID.CLIENT_AUTH: "ClientAuth", ExtendedKeyUsageOID.SERVER_AUTH: "ServerAuth"}


class Entry(NamedTuple):
    """One certificate of a file. `moment` is its end, or its begin where that is still to come."""

    file: str
    subject: str
    issuer: str
    usages: tuple[str, ...]
    moment: datetime.datetime
    residual: datetime.timedelta
    status: str


class Unreadable(NamedTuple):
    """A file that holds no certificate."""

    path: pathlib.Path
    reason: str


def listed(files: Iterable[pathlib.Path], now: datetime.datetime) -> tuple[list[Entry], list[Unreadable]]:
    """Every certificate in these files, leaf first and then its authorities; and the files that are damaged."""
    entries: list[Entry] = []
    damaged: list[Unreadable] = []
    for path in files:
        try:
            held = x509.load_pem_x509_certificates(path.read_bytes())
        except ValueError as error:
            damaged.append(Unreadable(path, str(error)))
        else:
            entries += [_entry(path, each, now) for each in held]
    return entries, damaged


def _entry(path: pathlib.Path, certificate: x509.Certificate, now: datetime.datetime) -> Entry:
    status = _status(certificate, now)
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return Entry(
        path.name,
        _common_name(certificate.subject),
        _common_name(certificate.issuer),
        _usages(certificate),
        begin if status == NOT_YET_VALID else end,
        end - now,
        status,
    )


def _status(certificate: x509.Certificate, now: datetime.datetime) -> str:
    if now < certificate.not_valid_before_utc:
        return NOT_YET_VALID
    if now > certificate.not_valid_after_utc:
        return EXPIRED
    return WARNING if now + lifetimes.USUAL.window > certificate.not_valid_after_utc else OK


def _common_name(name: x509.Name) -> str:
    return next((str(each.value) for each in name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)), "")


def _usages(certificate: x509.Certificate) -> tuple[str, ...]:
    found = []
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.KeyUsage) and extension.value.key_cert_sign:
            found.append("CertSign")
        elif isinstance(extension.value, x509.ExtendedKeyUsage):
            found += [_PURPOSES.get(each, each.dotted_string) for each in extension.value]
    return tuple(found)
