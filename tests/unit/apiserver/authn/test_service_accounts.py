import types

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pyk3s.api import status
from pyk3s.apiserver.authn import service_accounts

ISSUER = "https://issuer"
ACCOUNT = {"metadata": {"name": "bot", "namespace": "shop", "uid": "u1"}}
POD = {"metadata": {"name": "web", "namespace": "shop", "uid": "u2"}, "spec": {"nodeName": "n1"}}
NODE = {"metadata": {"name": "n1", "uid": "u3"}}


class Registry:
    """A few objects and a clock that stands where it is put."""

    def __init__(self):
        self.now = 1000.0
        self.clock = types.SimpleNamespace(time=lambda: self.now)
        self.objects = {("serviceaccounts", "bot"): ACCOUNT, ("pods", "web"): POD, ("nodes", "n1"): NODE}

    def read(self, group, plural, name, *, namespace=""):
        return self.objects.get((plural, name))


@pytest.fixture
def registry():
    return Registry()


@pytest.fixture
def accounts(registry, tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    form = serialization.PrivateFormat.PKCS8
    (tmp_path / "key").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return service_accounts.ServiceAccounts(registry, ISSUER, tmp_path / "key")


def test_a_token_names_account_pod_and_node(accounts):
    token, ends = accounts.issue(ACCOUNT, ("pod", POD), [ISSUER], 600)
    user = accounts.recognise(token)
    assert ends == 1600
    assert (user.name, user.uid) == ("system:serviceaccount:shop:bot", "u1")
    assert user.groups == ("system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated")
    assert user.extra["authentication.kubernetes.io/pod-name"] == ("web",)
    assert user.extra["authentication.kubernetes.io/node-name"] == ("n1",)


@pytest.mark.parametrize("gone", [("serviceaccounts", "bot"), ("pods", "web")])
def test_a_token_ends_with_what_it_is_bound_to(accounts, registry, gone):
    token, _ = accounts.issue(ACCOUNT, ("pod", POD), [ISSUER], 600)
    assert accounts.recognise(token)
    del registry.objects[gone]
    with pytest.raises(status.StatusError):
        accounts.recognise(token)


def test_a_new_account_of_the_same_name_does_not_inherit_tokens(accounts, registry):
    token, _ = accounts.issue(ACCOUNT, None, [ISSUER], 600)
    registry.objects["serviceaccounts", "bot"] = {"metadata": {**ACCOUNT["metadata"], "uid": "other"}}
    with pytest.raises(status.StatusError):
        accounts.recognise(token)


def test_a_token_expires(accounts, registry):
    token, _ = accounts.issue(ACCOUNT, None, [ISSUER], 600)
    registry.now += 600
    with pytest.raises(status.StatusError):
        accounts.recognise(token)


def test_a_token_holds_only_for_its_audience(accounts):
    token, _ = accounts.issue(ACCOUNT, None, ["vault"], 600)
    with pytest.raises(service_accounts.InvalidToken, match=r'audiences \["vault"\] is invalid'):
        accounts.review(token, [ISSUER])
    assert accounts.review(token, ["vault", "x"])[1] == ["vault"]


def test_tokens_of_other_issuers_are_left_to_others(accounts):
    assert accounts.recognise("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.AAAA") is None
    assert accounts.recognise("opaque") is None
