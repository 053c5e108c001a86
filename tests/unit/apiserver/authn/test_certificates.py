"""Who a certificate makes somebody, and which headers are believed."""

import datetime
import types

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pyk3s.api import status
from pyk3s.apiserver.authn import certificates
from pyk3s.lib.failure import Failure
from pyk3s.pki import x509
from pyk3s.wire.http import messages

NOW = datetime.datetime(2026, 5, 1, tzinfo=datetime.UTC)


@pytest.fixture
def world(tmp_path):
    """Two authorities, a clock, and what authenticates by them."""
    made = types.SimpleNamespace(now=NOW.timestamp())
    made.users = x509.ensure_authority(tmp_path / "users.crt", tmp_path / "users.key", "users", NOW)
    made.proxies = x509.ensure_authority(tmp_path / "proxies.crt", tmp_path / "proxies.key", "proxies", NOW)
    made.strangers = x509.ensure_authority(tmp_path / "other.crt", tmp_path / "other.key", "other", NOW)
    known = certificates.authorities(tmp_path / "users.crt", tmp_path / "proxies.crt", ("system:auth-proxy",))
    made.certificates = certificates.Certificates(known, lambda: made.now)
    made.key = x509.ensure_key(tmp_path / "leaf.key")
    return made


def asked(world, authority, name, *groups, headers=()):
    leaf = x509.issue(authority, world.key.public_key(), x509.LeafRequest(name, groups), NOW)
    peer = messages.Peer("192.0.2.1", lambda: leaf.public_bytes(Encoding.DER))
    raw = [(key.encode(), value.encode()) for key, value in headers]
    return world.certificates.authenticate(messages.Request("GET", "/", messages.Headers(raw), b"", peer))


FORGED = (("X-Remote-User", "root"), ("X-Remote-Group", "system:masters"))


def test_a_users_certificate_names_user_and_groups(world):
    user = asked(world, world.users, "jane", "dev", "ops")
    assert (user.name, user.groups) == ("jane", ("dev", "ops", "system:authenticated"))


def test_without_a_certificate_nobody_is_recognised_whatever_headers_say(world):
    raw = [(key.encode(), value.encode()) for key, value in FORGED]
    request = messages.Request("GET", "/", messages.Headers(raw), b"", messages.Peer("192.0.2.1"))
    assert world.certificates.authenticate(request) is None


def test_headers_beside_a_users_certificate_mean_nothing(world):
    assert asked(world, world.users, "system:auth-proxy", headers=FORGED).name == "system:auth-proxy"


def test_a_proxy_speaks_for_a_user(world):
    headers = (
        ("X-Remote-User", "jane"), ("x-remote-group", "dev"), ("X-Remote-Group", "ops"), ("X-Remote-Uid", "u1"),
        ("X-Remote-Extra-Example.com%2FScope", "a"), ("X-Remote-Extra-Example.com%2FScope", "b"),
    )  # fmt: skip
    user = asked(world, world.proxies, "system:auth-proxy", headers=headers)
    assert (user.name, user.groups, user.uid) == ("jane", ("dev", "ops", "system:authenticated"), "u1")
    assert user.extra == {"example.com/scope": ("a", "b")}


def test_a_proxy_that_speaks_for_nobody_is_nobody(world):
    with pytest.raises(status.StatusError):
        asked(world, world.proxies, "system:auth-proxy")


@pytest.mark.parametrize("headers", [FORGED, ()])
def test_a_certificate_of_the_proxies_authority_with_another_name_is_refused(world, headers):
    """Its groups must not count either, or that authority could make administrators."""
    with pytest.raises(status.StatusError):
        asked(world, world.proxies, "root", "system:masters", headers=headers)


@pytest.mark.parametrize("headers", [FORGED, ()])
def test_a_certificate_of_an_unknown_authority_is_refused(world, headers):
    with pytest.raises(status.StatusError):
        asked(world, world.strangers, "system:auth-proxy", headers=headers)


@pytest.mark.parametrize("moved", [datetime.timedelta(days=366), -datetime.timedelta(days=1)])
def test_a_certificate_that_ends_during_the_connection_counts_no_longer(world, moved):
    assert asked(world, world.users, "jane")
    world.now += moved.total_seconds()
    with pytest.raises(status.StatusError):
        asked(world, world.users, "jane")
    with pytest.raises(status.StatusError):
        asked(world, world.proxies, "system:auth-proxy", headers=FORGED)


def test_authorities_that_cannot_be_told_apart_are_refused(world, tmp_path):
    with pytest.raises(Failure, match="authorities of their own"):
        certificates.authorities(tmp_path / "users.crt", tmp_path / "users.crt")


def test_a_damaged_authority_is_told(tmp_path):
    (tmp_path / "ca.crt").write_text("-----BEGIN CERTIFICATE-----\nMIIB")
    with pytest.raises(Failure, match=r"ca\.crt"):
        certificates.authorities(tmp_path / "ca.crt", None)
