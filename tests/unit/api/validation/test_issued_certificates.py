"""What may stand as the certificate of a request for one."""

import base64

import pytest

REQUESTS = "certificatesigningrequests.certificates.k8s.io"
CERTIFICATE = "status.certificate: "


def request(certificate: bytes) -> dict:
    state = {"certificate": base64.b64encode(certificate).decode()} if certificate else {}
    return {"metadata": {"name": "a"}, "spec": {}, "status": state}


@pytest.fixture
def told(said_of_update):
    def ask(new: bytes, old: bytes = b"") -> list[str]:
        found = said_of_update(REQUESTS, request(old), request(new), "status")
        return [line.removeprefix(CERTIFICATE) for line in found if line.startswith(CERTIFICATE)]

    return ask


@pytest.mark.parametrize(
    ("certificate", "why"),
    [
        (b"a", "must contain at least one CERTIFICATE PEM block"),
        (b"-----BEGIN KEY-----\nYQ==\n-----END KEY-----\n", 'only CERTIFICATE PEM blocks are allowed, found "KEY"'),
        (
            b"-----BEGIN CERTIFICATE-----\na: b\n\nYQ==\n-----END CERTIFICATE-----\n",
            "no PEM block headers are permitted",
        ),
        (b"-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----\n", "x509: malformed certificate"),
    ],
)
def test_what_is_no_certificate_is_not_issued(told, certificate: bytes, why: str) -> None:
    assert told(certificate) == [f'Invalid value: "<certificate data>": {why}']


def test_an_issued_certificate_stays(told) -> None:
    assert told(b"a", b"b") == ["Forbidden: updates may not modify existing certificate content"]
    assert told(b"b", b"b") == []
    assert told(b"") == []
