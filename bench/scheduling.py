"""How fast pods are created and bound: Ready nodes that no one runs, many pods, and a watch that sees each get a node.

Counts from the first create to the last binding seen. The nodes' heartbeats are not renewed, so a run has to end before
the node life-cycle controller gives them up (40 s).
"""

import asyncio
import time
from typing import Any, NamedTuple

import client as clients
import msgspec
import objects
import servers

from pyk3s.client import rest

CAPACITY = {"cpu": "32", "memory": "64Gi", "pods": "250"}
NODES = "/api/v1/nodes"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
PODS = f"{objects.COLLECTION}/pods"
PATIENCE_S = 300.0
JSON = dict[str, Any]


class _Metadata(msgspec.Struct):
    name: str


class _Spec(msgspec.Struct):
    nodeName: str = ""


class _Pod(msgspec.Struct):
    metadata: _Metadata
    spec: _Spec


_decode = msgspec.json.Decoder(_Pod).decode


class Speed(NamedTuple):
    """Pods per second, created alone and until bound; seconds from create to binding, median and 99th percentile."""

    created: float
    bound: float
    p50_s: float
    p99_s: float


async def measure(url: str, *, nodes: int = 100, pods: int) -> Speed:
    """One run against a server with a control plane."""
    async with clients.connect(url, servers.TOKEN) as client:
        await objects.prepare(client)
        await clients.side_by_side(range(nodes), lambda number: _make_node(client, number))
        await asyncio.sleep(2)
        names = [f"scheduled-{number}" for number in range(pods)]
        sent: dict[str, float] = {}
        listed = await client.list(PODS, limit="1")
        seeing = asyncio.ensure_future(_see_bindings(client, listed["metadata"]["resourceVersion"], set(names)))
        await asyncio.sleep(0.5)

        async def make(name: str) -> None:
            sent[name] = time.monotonic()
            await client.send("POST", PODS, objects.pod(name, node=""))

        start = time.monotonic()
        await clients.side_by_side(names, make)
        made = time.monotonic()
        bound = await asyncio.wait_for(seeing, PATIENCE_S)
    waits = sorted(bound[name] - sent[name] for name in names)
    last = max(bound.values())
    return Speed(pods / (made - start), pods / (last - start), waits[pods // 2], waits[int(pods * 0.99)])


async def _see_bindings(client: rest.Client, revision: str, names: set[str]) -> dict[str, float]:
    """When each pod was first seen with a node."""
    bound: dict[str, float] = {}
    async for event in client.watch(PODS, revision):
        if event.type != "BOOKMARK":
            pod = _decode(event.raw)
            if pod.spec.nodeName and pod.metadata.name in names:
                bound.setdefault(pod.metadata.name, time.monotonic())
        if len(bound) == len(names):
            return bound
    raise RuntimeError(f"the watch ended after {len(bound)} of {len(names)} bindings")


async def _make_node(client: rest.Client, number: int) -> None:
    name, stamp = f"bench-{number}", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    labels = {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": f"zone-{number % 3}"}
    await client.create(NODES, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}})
    await client.create(LEASES, _lease(name, stamp))
    await client.patch(f"{NODES}/{name}/status", {"status": _ready(stamp)})
    await client.patch(f"{NODES}/{name}", {"spec": {"taints": None}})


def _lease(name: str, stamp: str) -> JSON:
    renewed = stamp.replace("Z", ".000000Z")
    spec = {"holderIdentity": name, "leaseDurationSeconds": 3600, "renewTime": renewed}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": name}, "spec": spec}


def _ready(stamp: str) -> JSON:
    times = {"lastHeartbeatTime": stamp, "lastTransitionTime": stamp}
    ready = {"type": "Ready", "status": "True", "reason": "Bench", **times}
    return {"capacity": CAPACITY, "allocatable": CAPACITY, "conditions": [ready]}
