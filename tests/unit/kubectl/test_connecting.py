"""Credentials become headers and TLS, and what is not supported is refused with what to do instead."""

import pytest

from pyk3s.kubectl import connecting
from pyk3s.kubectl.errors import CommandError
from pyk3s.kubectl.kubeconfig import Resolved

CLUSTER = {"server": "http://127.0.0.1:1"}


def _headers(**user):
    return connecting.connect(Resolved(CLUSTER, user, "default")).headers


def test_a_token_is_sent_as_bearer_and_a_password_as_basic():
    assert _headers(token="t")["Authorization"] == "Bearer t"
    assert _headers(username="u", password="p")["Authorization"] == "Basic dTpw"


def test_a_token_may_lie_in_a_file(tmp_path):
    (tmp_path / "token").write_text("t\n")
    assert _headers(tokenFile=str(tmp_path / "token"))["Authorization"] == "Bearer t"


def test_one_may_act_as_someone_else():
    headers = _headers(**{"as": "jane", "as-groups": ["a", "b"]})
    assert headers["Impersonate-User"] == "jane" and headers["Impersonate-Group"] == ["a", "b"]
    with pytest.raises(CommandError, match="without impersonating a user"):
        _headers(**{"as-groups": ["a"]})


@pytest.mark.parametrize(
    ("cluster", "user", "why"),
    [
        ({}, {"exec": {"command": "x"}}, "install kubectl, or use a token"),
        ({}, {"auth-provider": {"name": "x"}}, "refuses"),
        ({"proxy-url": "http://p"}, {}, "proxy-url"),
        ({"server": "ftp://x"}, {}, "must begin with https"),
        ({}, {"tokenFile": "/nowhere"}, "unable to read /nowhere"),
        ({"server": "https://x", "certificate-authority-data": "not base64!"}, {}, "certificate"),
        ({"server": "https://x"}, {"client-certificate-data": "YQ==", "client-key-data": "YQ=="}, "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_refused(cluster, user, why):
    with pytest.raises(CommandError, match=why):
        connecting.connect(Resolved(CLUSTER | cluster, user, "default"))
