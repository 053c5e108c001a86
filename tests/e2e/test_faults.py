"""What is killed with -9 comes back by itself, pods go on in the same containers, and nobody is left half alive."""

import json
import os
import pathlib
import signal

import footprint
import hosts
import pytest

pytestmark = [pytest.mark.root, pytest.mark.timeout(300)]

PODS = 2
MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: steady}
spec:
  replicas: %d
  selector: {matchLabels: {app: steady}}
  template:
    metadata: {labels: {app: steady}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - {name: main, image: %s, imagePullPolicy: Never, command: [sleep, "100000"]}
"""


@pytest.fixture(scope="module")
def steady(server):
    server.kubectl("apply", "-f", "-", feed=MANIFEST % (PODS, hosts.IMAGE))
    server.kubectl("rollout", "status", "deployment/steady", "--timeout=90s", timeout=100)
    return server


def children(pid):
    """Process ids by name, of the children of one process."""
    folder = pathlib.Path(f"/proc/{pid}/task")
    pids = [int(word) for listed in folder.glob("*/children") for word in listed.read_text().split()]
    return {pathlib.Path(f"/proc/{each}/comm").read_text().strip(): each for each in pids}


def processes(server):
    """All of a server's own, by name."""
    own = children(server.process.pid)
    below = children(own.get("k3s-agent", 0)) | children(own.get("k3s-apiserver", 0))
    return own | {name: below[name] for name in ("containerd", "k3s-datastore") if name in below}


def containers(server):
    """The containers of the pods and how often each was restarted."""
    listed = json.loads(server.kubectl("get", "pods", "-l", "app=steady", "-o", "json").stdout)["items"]
    return {each["containerID"]: each["restartCount"] for pod in listed for each in pod["status"]["containerStatuses"]}


def scale(server, count):
    """Only a server with all its parts brings this about."""
    server.kubectl("scale", "deployment/steady", f"--replicas={count}")
    hosts.eventually(lambda: len(running(server)) == count, 90, server.told)


def running(server):
    listed = server.kubectl("get", "pods", "-l", "app=steady", "--no-headers").stdout.splitlines()
    return [line for line in listed if " Running " in line] if len(listed) < PODS + 2 else listed


# What ends with a process: its child, or its parent, which cannot do without it.
TOGETHER = {
    "k3s-apiserver": {"k3s-datastore"},
    "k3s-datastore": {"k3s-apiserver"},
    "k3s-agent": {"containerd"},
}


@pytest.mark.parametrize("name", ["k3s-apiserver", "k3s-datastore", "k3s-control", "k3s-agent", "containerd"])
def test_a_killed_process_comes_back_and_pods_keep_their_containers(steady, name):
    before, killed = containers(steady), processes(steady)
    os.kill(killed[name], signal.SIGKILL)
    hosts.eventually(lambda: processes(steady).get(name, killed[name]) != killed[name], 60, steady.told)
    hosts.eventually(lambda: steady.kubectl("get", "--raw", "/readyz", check=False).stdout == "ok", 60, steady.told)
    scale(steady, PODS + 1)
    scale(steady, PODS)
    after = containers(steady)
    assert len(before) == PODS
    assert set(after) & set(before), (before, after)
    assert set(after.values()) == {0}
    others = set(killed) - {name} - TOGETHER.get(name, set())
    assert {each: processes(steady)[each] for each in others} == {each: killed[each] for each in others}


def test_a_killed_supervisor_leaves_no_half_server_and_the_pods(steady):
    before, pids = containers(steady), processes(steady)
    steady.kill()
    hosts.eventually(lambda: not [pid for pid in pids.values() if alive(pid)], 30)
    data = str(steady.data)
    assert [line for line in footprint.processes(data) if "containerd-shim" not in line] == []
    steady.start()
    steady.wait_ready()
    hosts.eventually(lambda: len(running(steady)) == PODS, 60, steady.told)
    assert containers(steady) == before


def alive(pid):
    try:
        return " Z " not in pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2][:3]
    except OSError:
        return False
