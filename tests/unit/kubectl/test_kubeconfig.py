"""kubeconfigs are found, merged and resolved as kubectl does it."""

import pytest

from pyk3s.kubectl import kubeconfig
from pyk3s.kubectl.errors import CommandError
from pyk3s.kubectl.kubeconfig import Overrides

FIRST = {
    "clusters": [{"name": "c", "cluster": {"server": "https://a"}}],
    "contexts": [{"name": "one", "context": {"cluster": "c", "user": "u", "namespace": "team"}}],
    "users": [{"name": "u", "user": {"token": "t"}}],
}
SECOND = {
    "current-context": "one",
    "clusters": [{"name": "c", "cluster": {"server": "https://b"}}, {"name": "d", "cluster": {"server": "https://d"}}],
}


def test_of_each_name_the_first_file_wins():
    merged = kubeconfig.merged([FIRST, SECOND])
    assert merged["current-context"] == "one"
    assert [each["cluster"]["server"] for each in merged["clusters"]] == ["https://a", "https://d"]


def test_a_context_leads_to_cluster_user_and_namespace():
    found = kubeconfig.resolve(kubeconfig.merged([FIRST, SECOND]), Overrides(), {})
    assert (found.cluster["server"], found.user["token"], found.namespace) == ("https://a", "t", "team")


def test_flags_override_the_files():
    given = Overrides(cluster="d", cluster_fields={"insecure-skip-tls-verify": True}, user_fields={"token": "x"})
    found = kubeconfig.resolve(kubeconfig.merged([FIRST, SECOND]), given, {})
    assert (found.cluster["server"], found.user["token"]) == ("https://d", "x")


@pytest.mark.parametrize("given", [Overrides(context="x"), Overrides(cluster="x"), Overrides(user="x")])
def test_an_unknown_name_is_refused(given):
    with pytest.raises(CommandError, match="x"):
        kubeconfig.resolve(kubeconfig.merged([FIRST, SECOND]), given, {})


def test_without_any_file_it_is_the_local_port():
    assert kubeconfig.resolve({}, Overrides(), {}).cluster["server"] == "http://localhost:8080"


def test_relative_files_are_next_to_the_config(tmp_path):
    path = tmp_path / "config"
    path.write_text("clusters: [{name: c, cluster: {server: x, certificate-authority: ca.crt}}]")
    found = kubeconfig.load(str(path), {})
    assert found["clusters"][0]["cluster"]["certificate-authority"] == str(tmp_path / "ca.crt")


def test_several_files_come_from_the_environment(tmp_path):
    (tmp_path / "a").write_text("current-context: a")
    (tmp_path / "b").write_text("current-context: b")
    assert kubeconfig.load("", {"KUBECONFIG": f"{tmp_path}/none:{tmp_path}/b:{tmp_path}/a"})["current-context"] == "b"


@pytest.mark.parametrize("text", ["{", "- a", "clusters: x", "users: [a]", "contexts: [{name: c, context: x}]"])
def test_a_broken_file_is_named(tmp_path, text):
    (tmp_path / "a").write_text(text)
    with pytest.raises(CommandError, match="error loading config file"):
        kubeconfig.load(str(tmp_path / "a"), {})
