"""Pods outlive the processes that started them."""

import os
import pathlib
import signal

import pytest

pytestmark = pytest.mark.root
FOREVER = ["sh", "-c", "trap 'exit 0' TERM; while true; do sleep 0.1; done"]


def test_containers_stay_the_same_over_a_restart_of_the_node_part(play):
    play.create("kept", {"containers": [{"name": "c", "command": FOREVER}]})
    play.until(lambda: play.ready("kept"))
    before, address = play.container("kept"), play.status("kept")["podIP"]
    play.stop()
    play.start()
    play.create("after", {"containers": [{"name": "c", "command": FOREVER}]})
    play.until(lambda: play.ready("after"))
    assert play.container("kept") == before
    assert play.status("kept")["podIP"] == address


def test_what_was_deleted_meanwhile_is_removed_after_a_restart(play):
    play.create("lost", {"containers": [{"name": "c", "command": FOREVER}]})
    play.until(lambda: play.ready("lost"))
    uid = play.pod("lost")["metadata"]["uid"]
    play.stop()
    play.do(play.api.delete("/api/v1/namespaces/default/pods/lost", {"gracePeriodSeconds": 0}))
    play.start()
    play.until(lambda: not (play.settings.pods_dir / uid).exists(), "the orphan's folder stays")


def test_containerd_is_started_again_and_its_pods_go_on(play):
    play.create("hardy", {"containers": [{"name": "c", "command": FOREVER}]})
    play.until(lambda: play.ready("hardy"))
    before = play.container("hardy")["containerID"]
    os.kill(_containerd(play.settings.agent_dir), signal.SIGKILL)
    play.create("next", {"containers": [{"name": "c", "command": FOREVER}]})
    play.until(lambda: play.ready("next"))
    assert play.container("hardy")["containerID"] == before


def _containerd(agent: pathlib.Path) -> int:
    """The containerd with this node's configuration."""
    wanted = f"--config\0{agent}/etc/containerd/config.toml"
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and wanted in _command_line(entry):
            return int(entry.name)
    raise AssertionError("containerd does not run")


def _command_line(entry: pathlib.Path) -> str:
    try:
        return (entry / "cmdline").read_text()
    except OSError:
        return ""
