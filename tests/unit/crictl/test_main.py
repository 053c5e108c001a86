"""Commands against a runtime of dicts."""

import json

import pytest

from pyk3s.cri.runtime import CriError
from pyk3s.crictl import main
from pyk3s.lib.failure import Failure

LABELS = {"io.kubernetes.pod.name": "web", "io.kubernetes.pod.namespace": "shop", "app": "a"}
RUNNING = {
    "id": "a" * 64,
    "pod_sandbox_id": "c" * 64,
    "metadata": {"name": "main"},
    "image": {"image": "sha256:" + "e" * 64},
    "state": 1,
    "created_at": 940 * 10**9,
    "labels": LABELS,
}
EXITED = RUNNING | {"id": "b" * 64, "state": 2, "created_at": 100 * 10**9, "metadata": {"name": "once", "attempt": 2}}
POD = {"id": "c" * 64, "metadata": {"name": "web", "namespace": "shop"}, "created_at": 0, "labels": LABELS}
IMAGE = {"id": "sha256:" + "e" * 64, "repo_tags": ["docker.io/test/box:1"], "size": 1_842_113}


class FakeRuntime:
    def __init__(self, *_channels):
        self.done = []

    async def containers(self, labels=None):
        return [each for each in (EXITED, RUNNING) if not labels or labels.items() <= each["labels"].items()]

    async def sandboxes(self, labels=None):
        return [POD]

    async def images(self):
        return [IMAGE]

    async def image(self, name):
        return IMAGE if name in IMAGE["repo_tags"] else None

    async def remove_image(self, name):
        self.done.append(name)

    async def container_status(self, identity):
        found = next((each for each in (EXITED, RUNNING) if each["id"] == identity), None)
        if found is None:
            raise CriError(5, f"container {identity}: not found")
        return found

    async def detailed(self, method, request):
        return {"status": RUNNING, "info": {"info": "{}"}}

    async def remove_container(self, identity):
        self.done.append(identity)

    async def close(self):
        pass


@pytest.fixture(autouse=True)
def runtime(monkeypatch):
    monkeypatch.setattr(main, "Runtime", FakeRuntime)
    monkeypatch.setattr(main.time, "time", lambda: 1000.0)


def crictl(*words, environment=None, places=()):
    said = []
    assert main.run(words, environment or {"CONTAINER_RUNTIME_ENDPOINT": "/run/x.sock"}, places, said.append) == 0
    return "\n".join(said)


def test_ps_shows_running_containers_in_crictls_columns():
    head, row = crictl("ps").splitlines()
    assert head.split("  ")[0] == "CONTAINER"
    assert [cell.strip() for cell in row.split("   ") if cell.strip()] == [
        *("a" * 13, "e" * 13, "About a minute ago", "Running", "main", "0", "c" * 13, "web", "shop"),
    ]


def test_ps_chooses_by_state_name_label_and_number():
    assert crictl("ps", "-aq").splitlines() == ["a" * 64, "b" * 64]
    assert crictl("ps", "-q", "--state", "exited") == "b" * 64
    assert crictl("ps", "-a", "-q", "--name", "^on") == "b" * 64
    assert crictl("ps", "-q", "-n", "1") == "a" * 64
    assert crictl("ps", "-q", "--label", "app=b") == ""


def test_pods_and_images_have_their_columns():
    assert "NotReady" not in crictl("pods")
    assert crictl("pods").splitlines()[1].endswith("(default)")
    head, row = crictl("images").splitlines()
    assert head.split() == ["IMAGE", "TAG", "IMAGE", "ID", "SIZE"]
    assert row.split() == ["docker.io/test/box", "1", "e" * 13, "1.84MB"]
    assert crictl("images", "-q", "box") == IMAGE["id"]
    assert crictl("images", "-q", "other") == ""


def test_documents_are_json():
    assert json.loads(crictl("ps", "-o", "json"))["containers"][0]["state"] == "CONTAINER_RUNNING"
    assert json.loads(crictl("inspect", "a"))["status"]["metadata"]["name"] == "main"


def test_a_running_container_is_not_removed_without_force():
    with pytest.raises(Failure, match="is running: stop it first, or use --force"):
        crictl("rm", "a" * 64)
    assert crictl("rm", "b" * 64) == "b" * 64


def test_what_the_runtime_refuses_is_one_line():
    with pytest.raises(Failure, match="not found"):
        crictl("rm", "x")
    with pytest.raises(Failure, match="no such image y"):
        crictl("rmi", "y")


def test_the_socket_comes_from_the_first_file_that_exists(tmp_path, monkeypatch):
    (tmp_path / "crictl.yaml").write_text("runtime-endpoint: unix:///run/k3s/containerd/containerd.sock\n")
    asked = []
    monkeypatch.setattr(main.grpc, "Channel", lambda path: asked.append(path))
    crictl("ps", environment={"HOME": "/"}, places=[tmp_path / "none", tmp_path / "crictl.yaml"])
    assert set(asked) == {"/run/k3s/containerd/containerd.sock"}
    with pytest.raises(Failure, match="no runtime's socket is known"):
        crictl("ps", environment={"HOME": "/"}, places=[tmp_path / "none"])


def test_unknown_commands_and_missing_words_are_refused():
    with pytest.raises(Failure, match="unknown command 'crictl nonsense'"):
        crictl("nonsense")
    with pytest.raises(Failure, match=r"crictl inspect needs CONTAINER\.\.\."):
        crictl("inspect")


def test_help_lists_commands_and_flags():
    assert "inspectp" in crictl("--help")
    assert "--no-trunc" in crictl("ps", "--help")
