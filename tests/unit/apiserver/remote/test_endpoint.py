"""Kubeconfig files of webhooks."""

import json

import pytest

from pyk3s.apiserver.remote import endpoint
from pyk3s.lib.failure import Failure


def written(folder, cluster, user=None, **more):
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user or {}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
        **more,
    }
    path = folder / "webhook.yaml"
    path.write_text(json.dumps(document))
    return path


def test_the_current_context_names_the_address_and_the_token(tmp_path):
    found = endpoint.read(written(tmp_path, {"server": "https://hook:8443/ask?a=b"}, {"token": "t"}), "arg")
    assert found._path == "/ask?a=b"
    assert found._client.headers["Authorization"] == "Bearer t"


def test_a_name_and_password_are_sent_as_basic_credentials(tmp_path):
    found = endpoint.read(written(tmp_path, {"server": "https://h"}, {"username": "a", "password": "b"}), "arg")
    assert found._client.headers["Authorization"] == "Basic YTpi"


@pytest.mark.parametrize("server", ["http://127.0.0.1:80", "http://[::1]:80", "http://localhost"])
def test_loopback_may_do_without_tls(tmp_path, server):
    endpoint.read(written(tmp_path, {"server": server}), "arg")


@pytest.mark.parametrize(
    ("cluster", "user", "more", "told"),
    [
        ({"server": "http://hook"}, {}, {}, "no https:// address"),
        ({"server": "https://"}, {}, {}, "no https:// address"),
        ({}, {}, {}, "no https:// address"),
        ({"server": "https://h", "proxy-url": "http://p"}, {}, {}, "proxy-url is not supported"),
        ({"server": "https://h"}, {"exec": {"command": "sh"}}, {}, "exec is not supported"),
        ({"server": "https://h", "certificate-authority-data": "!"}, {}, {}, "not base64"),
        ({"server": "https://h", "certificate-authority": "none.crt"}, {}, {}, "No such file"),
        ({"server": "https://h"}, {"client-key-data": "YQ=="}, {}, "belong together"),
        ({"server": "https://h"}, {}, {"current-context": "y"}, "contexts has no entry named 'y'"),
        ({"server": "https://h"}, {}, {"current-context": None}, "names no context"),
        ({"server": "https://h"}, {}, {"clusters": []}, "clusters has no entry"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_name(tmp_path, cluster, user, more, told):
    with pytest.raises(Failure, match=f"arg .*webhook.yaml.*{told}"):
        endpoint.read(written(tmp_path, cluster, user, **more), "arg")
