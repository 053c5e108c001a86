"""Every obstacle on the way into a cluster is named by its cause, and only those a person must remove are final."""

import ssl

import pytest

from pyk3s.joining.agent import explaining

URL = "https://192.0.2.1:6443"
NOW = 0.0


def unverified(code):
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = code, "no"
    return error


def tls(reason):
    error = ssl.SSLError(1, reason)
    error.reason = reason
    return error


CASES = [
    (ConnectionRefusedError(111, "refused"), "refuses connections", False),
    (TimeoutError(), "does not answer in time", False),
    (OSError(113, "No route to host"), "No route to host", False),
    (tls("WRONG_VERSION_NUMBER"), "no TLS with", False),
    (tls("TLSV1_ALERT_UNKNOWN_CA"), "does not take this node's certificate", False),
    (unverified(9), "is not valid yet: this host's clock says 1970-01-01T00:00:00Z", False),
    (unverified(10), "has expired: this host's clock says 1970-01-01T00:00:00Z", False),
    (unverified(62), "is not an API server of this cluster", True),
    (unverified(20), "is not of this cluster", True),
    (explaining.Refused(401, "the token is not one of this cluster"), "refuses the token", True),
    (explaining.Refused(403, "the name n1 is taken"), "the name n1 is taken", True),
    (explaining.Refused(404, "404 page not found"), "does not know how nodes join", True),
    (explaining.Refused(429, "too many"), "cannot help now (429)", False),
    (explaining.Refused(503, "starting"), "cannot help now (503)", False),
]


@pytest.mark.parametrize(("error", "words", "final"), CASES)
def test_an_obstacle_is_named_by_its_cause(error, words, final):
    trouble = explaining.explain(URL, error, NOW)
    assert words in trouble.words
    assert trouble.final is final


def test_two_authorities_that_differ_are_both_told():
    told = str(explaining.wrong_authority(URL, "a" * 64, "b" * 64))
    assert f"it pins the CA hash {'a' * 64}, the server's is {'b' * 64}" in told
