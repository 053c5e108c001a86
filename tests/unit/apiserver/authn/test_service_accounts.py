import base64
import types

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pyk3s.api import status
from pyk3s.apiserver.authn import service_accounts
from pyk3s.apiserver.authn.issuing import Issuing

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
    return service_accounts.ServiceAccounts(registry, Issuing(key=tmp_path / "key", issuer=ISSUER))


def test_a_token_names_account_pod_and_node(accounts):
    token, ends = accounts.issue(ACCOUNT, ("pod", POD), [ISSUER], 600, extend=False)
    user = accounts.recognise(token)
    assert ends == 1600
    assert (user.name, user.uid) == ("system:serviceaccount:shop:bot", "u1")
    assert user.groups == ("system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated")
    assert user.extra["authentication.kubernetes.io/pod-name"] == ("web",)
    assert user.extra["authentication.kubernetes.io/node-name"] == ("n1",)


@pytest.mark.parametrize("gone", [("serviceaccounts", "bot"), ("pods", "web")])
def test_a_token_ends_with_what_it_is_bound_to(accounts, registry, gone):
    token, _ = accounts.issue(ACCOUNT, ("pod", POD), [ISSUER], 600, extend=False)
    assert accounts.recognise(token)
    del registry.objects[gone]
    with pytest.raises(status.StatusError):
        accounts.recognise(token)


def test_a_new_account_of_the_same_name_does_not_inherit_tokens(accounts, registry):
    token, _ = accounts.issue(ACCOUNT, None, [ISSUER], 600, extend=False)
    registry.objects["serviceaccounts", "bot"] = {"metadata": {**ACCOUNT["metadata"], "uid": "other"}}
    with pytest.raises(status.StatusError):
        accounts.recognise(token)


def test_a_token_expires(accounts, registry):
    token, _ = accounts.issue(ACCOUNT, None, [ISSUER], 600, extend=False)
    registry.now += 600
    with pytest.raises(status.StatusError):
        accounts.recognise(token)


def test_a_token_holds_only_for_its_audience(accounts):
    token, _ = accounts.issue(ACCOUNT, None, ["vault"], 600, extend=False)
    with pytest.raises(service_accounts.InvalidToken, match=r'audiences \["vault"\] is invalid'):
        accounts.review(token, [ISSUER])
    assert accounts.review(token, ["vault", "x"])[1] == ["vault"]


def test_tokens_of_other_issuers_are_left_to_others(accounts):
    assert accounts.recognise("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.AAAA") is None
    assert accounts.recognise("opaque") is None


def test_an_extended_token_holds_a_year_and_says_when_it_should_have_gone(accounts, registry):
    token, ends = accounts.issue(ACCOUNT, ("pod", POD), [ISSUER], 3607, extend=True)
    assert ends == 1000 + 3607
    registry.now += 360 * 24 * 3600
    assert accounts.recognise(token)
    registry.now += 6 * 24 * 3600
    with pytest.raises(status.StatusError):
        accounts.recognise(token)


def test_a_token_that_is_not_valid_yet_is_refused(accounts, registry):
    token, _ = accounts.issue(ACCOUNT, None, [ISSUER], 600, extend=False)
    registry.now -= 60
    with pytest.raises(status.StatusError):
        accounts.recognise(token)


def legacy(accounts, **changes):
    claims = {
        "iss": "kubernetes/serviceaccount",
        "kubernetes.io/serviceaccount/namespace": "shop",
        "kubernetes.io/serviceaccount/secret.name": "bot-token",
        "kubernetes.io/serviceaccount/service-account.name": "bot",
        "kubernetes.io/serviceaccount/service-account.uid": "u1",
        "sub": "system:serviceaccount:shop:bot",
    }
    return accounts.keys.sign(claims | changes)


def carry(registry, token, **metadata):
    data = {"token": base64.b64encode(token.encode()).decode()}
    registry.objects["secrets", "bot-token"] = {"metadata": {"name": "bot-token", **metadata}, "data": data}


def test_a_token_of_a_secret_holds_while_the_secret_carries_it(accounts, registry):
    token = legacy(accounts)
    carry(registry, token)
    assert accounts.recognise(token).name == "system:serviceaccount:shop:bot"
    del registry.objects["secrets", "bot-token"]
    with pytest.raises(status.StatusError):
        accounts.recognise(token)


@pytest.mark.parametrize(
    "metadata", [{"deletionTimestamp": "2026-01-01T00:00:00Z"},
                 {"labels": {"kubernetes.io/legacy-token-invalid-since": "2026-01-01"}}],
)  # fmt: skip
def test_a_secret_that_is_going_or_marked_invalid_no_longer_vouches(accounts, registry, metadata):
    token = legacy(accounts)
    carry(registry, token, **metadata)
    with pytest.raises(status.StatusError):
        accounts.recognise(token)


@pytest.mark.parametrize(
    "changes",
    [{"sub": "system:serviceaccount:kube-system:admin"}, {"kubernetes.io/serviceaccount/service-account.uid": "u9"},
     {"kubernetes.io/serviceaccount/secret.name": 7}],
)  # fmt: skip
def test_a_token_of_a_secret_must_fit_its_account(accounts, registry, changes):
    token = legacy(accounts, **changes)
    carry(registry, token)
    with pytest.raises(status.StatusError):
        accounts.recognise(token)


def test_another_token_than_the_secret_carries_is_refused(accounts, registry):
    token = legacy(accounts)
    carry(registry, legacy(accounts, jti="newer"))
    with pytest.raises(status.StatusError):
        accounts.recognise(token)


@pytest.mark.parametrize("cut", [1, 40, 86])
def test_a_truncated_token_is_refused(accounts, cut):
    token, _ = accounts.issue(ACCOUNT, None, [ISSUER], 600, extend=False)
    with pytest.raises(status.StatusError):
        accounts.recognise(token[:-cut])


def test_a_token_that_says_it_needs_no_signature_is_refused(accounts):
    token, _ = accounts.issue(ACCOUNT, None, [ISSUER], 600, extend=False)
    claims = token.split(".")[1]
    for header in ("eyJhbGciOiJub25lIn0", "eyJhbGciOiJIUzI1NiJ9"):
        for signature in ("", token.split(".")[2]):
            with pytest.raises(status.StatusError):
                accounts.recognise(f"{header}.{claims}.{signature}")
