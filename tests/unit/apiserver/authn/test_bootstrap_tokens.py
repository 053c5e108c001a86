"""Whom a bootstrap token makes its bearer, and every way in which it does not."""

import types

import pytest

from pyk3s.apiserver.authn import bootstrap_tokens
from pyk3s.pki import bootstrap

TOKEN = "abcdef.0123456789abcdef"
NOW = 1_800_000_000.0


class Registry:
    def __init__(self, secret):
        self.clock = types.SimpleNamespace(time=lambda: NOW)
        self.secret = secret

    def read(self, group, plural, name, *, namespace=""):
        wanted = (plural, name, namespace) == ("secrets", "bootstrap-token-abcdef", "kube-system")
        return self.secret if wanted else None


def recognised(token=TOKEN, *, secret=None, **changes):
    made = secret or bootstrap.secret_of(bootstrap.BootstrapToken(**{"token": TOKEN, "expires": NOW + 60, **changes}))
    return bootstrap_tokens.BootstrapTokens(Registry(made)).recognise(token)


def altered(**changes):
    made = bootstrap.secret_of(bootstrap.BootstrapToken(TOKEN))
    return made | changes


def test_the_bearer_is_a_bootstrapper():
    user = recognised()
    assert user.name == "system:bootstrap:abcdef"
    assert user.groups == ("system:bootstrappers", bootstrap.DEFAULT_GROUP, "system:authenticated")


def test_a_token_without_expiry_lasts():
    assert recognised(expires=None)


@pytest.mark.parametrize(
    "token", ["", "abcdef", "abcdef.0123456789abcdeF", "abcdef.0000000000000000", f"{TOKEN}x", "x.y"]
)
def test_what_is_no_such_token_is_nobody(token):
    assert recognised(token) is None


def test_an_expired_token_is_nobody():
    assert recognised(expires=NOW) is None


def test_a_token_for_signing_alone_is_nobody():
    assert recognised(usages=("signing",)) is None


REFUSED = {
    "of another type": {"type": "Opaque"},
    "without data": {"data": None},
    "with data that is not base64": {"data": {"token-id": "!", "token-secret": 1}},
    "being deleted": {"metadata": {"name": "bootstrap-token-abcdef", "deletionTimestamp": "2026-01-01T00:00:00Z"}},
}


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED.keys())
def test_a_secret_that_is_no_token_lets_nobody_in(changes):
    assert recognised(secret=altered(**changes)) is None


def test_a_token_cannot_give_groups_that_are_not_for_bootstrappers():
    made = altered()
    made["data"]["auth-extra-groups"] = "c3lzdGVtOm1hc3RlcnM="  # system:masters
    assert recognised(secret=made) is None


def test_an_unreadable_expiry_lets_nobody_in():
    made = altered()
    made["data"]["expiration"] = "dG9tb3Jyb3c="
    assert recognised(secret=made) is None
