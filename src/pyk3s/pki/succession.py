"""Whether new authorities and keys may take the place of those in use: what is unusable, and what would cut off others.

Loads the X.509 library: for short-lived commands.
"""

import datetime
import pathlib
from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from pyk3s.pki import jwt
from pyk3s.pki import x509 as authorities

AUTHORITIES = ("server-ca", "client-ca", "request-header-ca")
SERVICE_KEY = "service.key"
FILES = (*(f"{name}.{suffix}" for name in AUTHORITIES for suffix in ("crt", "key")), SERVICE_KEY)
DEPTH = 8  # of chains


def changed(tls: pathlib.Path, new: pathlib.Path) -> list[str]:
    """Names of the files in the folder `new` that differ from those in use."""
    return [
        name
        for name in FILES
        if (new / name).exists()
        and (not (tls / name).exists() or (new / name).read_bytes() != (tls / name).read_bytes())
    ]


def require_usable(new: pathlib.Path, now: datetime.datetime) -> None:
    """Raises ValueError for what a server could not start with: no pair, no authority, out of its time, damaged."""
    for name in AUTHORITIES:
        certificate, key = new / f"{name}.crt", new / f"{name}.key"
        if certificate.exists() != key.exists():
            raise ValueError(f"{certificate} and {key.name} belong together: give both")
        if certificate.exists():
            authorities.load_authority(certificate, key, now)
    if (new / SERVICE_KEY).exists():
        try:
            jwt.Keys((new / SERVICE_KEY).read_bytes())
        except ValueError as error:
            raise ValueError(f"{new / SERVICE_KEY} cannot sign service-account tokens: {error}") from error


def breaks(tls: pathlib.Path, new: pathlib.Path) -> list[str]:
    """What would no longer hold with the new files, in words; empty if nobody would notice."""
    found = []
    for name in AUTHORITIES:
        file = f"{name}.crt"
        if (new / file).exists() and not _is_trusted(_certificates(new / file), _certificates(tls / file)):
            found.append(f"{file} does not chain up to the present one: who trusts that would not trust the new one")
    if (new / SERVICE_KEY).exists():
        kept = {key.id for key in jwt.verifying_keys((new / SERVICE_KEY).read_bytes())}
        if jwt.Keys((tls / SERVICE_KEY).read_bytes()).signing.id not in kept:
            found.append(f"{SERVICE_KEY} does not hold the present key: tokens signed with that would end at once")
    return found


def _certificates(path: pathlib.Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(path.read_bytes())


def _is_trusted(new: Sequence[x509.Certificate], old: Sequence[x509.Certificate]) -> bool:
    """Whether the first of the new certificates leads, by signatures, to one of the old."""
    at = new[0]
    for _ in range(DEPTH):
        if at in old:
            return True
        above = next((each for each in (*old, *new) if each != at and _has_issued(each, at)), None)
        if above is None:
            return False
        at = above
    return False


def _has_issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
