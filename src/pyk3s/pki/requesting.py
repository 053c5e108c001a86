"""Makes keys and certificate requests. Import it only in a short-lived process: it loads the X.509 library."""

import base64
import json
import pathlib
from collections.abc import Iterable

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from pyk3s.pki import x509 as leaves


def requests(keys: Iterable[pathlib.Path]) -> bytes:
    """A JSON list of requests, each base64 of DER, for the private keys in these files; missing ones are made. The
    requests name nobody: who signs them knows whom they are for.
    """
    return json.dumps([base64.b64encode(_request(key)).decode() for key in keys]).encode()


def _request(path: pathlib.Path) -> bytes:
    key = leaves.ensure_key(path)
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
