import pytest

from pyk3s.apiserver.routing import route


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/api/v1/pods", ("", "v1", "", "pods", "", "")),
        ("/api/v1/namespaces", ("", "v1", "", "namespaces", "", "")),
        ("/api/v1/namespaces/a", ("", "v1", "a", "namespaces", "a", "")),
        ("/api/v1/namespaces/a/status", ("", "v1", "a", "namespaces", "a", "status")),
        ("/api/v1/namespaces/a/pods/x/log", ("", "v1", "a", "pods", "x", "log")),
        ("/apis/apps/v1/namespaces/a/deployments/x", ("apps", "v1", "a", "deployments", "x", "")),
        ("/apis/apps/v1", ("", "", "", "", "", "")),
        ("/healthz", ("", "", "", "", "", "")),
    ],
)
def test_a_path_names_what_it_asks_for(path, named):
    found = route(path)
    assert (found.group, found.version, found.namespace, found.plural, found.name, found.subresource) == named


def test_what_follows_a_proxy_is_kept():
    assert route("/api/v1/namespaces/a/services/x/proxy/some/where").rest == "some/where"


def test_the_watch_prefix_is_understood():
    found = route("/api/v1/watch/namespaces/a/pods")
    assert (found.watching, found.plural, found.namespace) == (True, "pods", "a")
