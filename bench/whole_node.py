"""A whole node: how soon it is Ready, how fast pods come up on it, and what it costs while nothing happens."""

import json
import time

import footprint
import servers

SETTLE_S = 20.0  # after Ready: add-ons, garbage collection of the interpreter
PODS = 20


def deployment() -> str:
    """Twenty pods that are Ready as soon as they run."""
    container = {"name": "c", "image": servers.hosts.IMAGE, "command": ["sleep", "3600"]}
    labels = {"app": "bench"}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
    }
    spec = {"replicas": PODS, "selector": {"matchLabels": labels}, "template": template}
    return json.dumps({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "bench"}, "spec": spec})


def start(server: servers.hosts.Server) -> float:
    """Seconds from the command to a Ready node, on an empty data folder."""
    started = time.monotonic()
    server.start()
    server.wait_ready()
    return time.monotonic() - started


def pods_ready(server: servers.hosts.Server) -> float:
    """Seconds from `kubectl apply` of a Deployment to all its pods Ready."""
    started = time.monotonic()
    server.kubectl("apply", "-f", "-", feed=deployment())
    server.kubectl("wait", f"--for=jsonpath={{.status.readyReplicas}}={PODS}", "deployment/bench", "--timeout=50s")
    seconds = time.monotonic() - started
    server.kubectl("delete", "deployment/bench", "--wait=true")
    server.kubectl("wait", "--for=delete", "pods", "-l", "app=bench", "--timeout=50s", check=False)
    return seconds


def idle(server: servers.hosts.Server, seconds: float) -> list[tuple[footprint.Reading, float, int]]:
    """What each process costs while nothing happens."""
    time.sleep(SETTLE_S)
    return footprint.measure(server.process.pid, seconds)
