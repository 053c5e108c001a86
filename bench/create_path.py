#!/usr/bin/env python3
"""Where the microseconds of a create go: create_path.py [--kind pod|configmap] [--count 3000]

Runs requests through the server's front in this process, over a datastore in memory, so that what is left is the
server's own work: no sockets, TLS or disk. Prints the processor's time per request without a profiler, and how one
divides it among the steps; the profiler's own cost makes steps of many small calls look larger than they are.
"""

import argparse
import asyncio
import cProfile
import json
import pstats
import time
from collections.abc import Mapping
from typing import Any

import objects
import servers

from pyk3s.apiserver import identity
from pyk3s.apiserver.server import ApiServer
from pyk3s.apiserver.settings import ApiSettings
from pyk3s.datastore.drivers.memory import MemoryDatastore
from pyk3s.wire.http import messages

ADMINISTRATOR = identity.User("bench", (identity.MASTERS, "system:authenticated"))
HEADERS = (
    (b"Host", b"127.0.0.1"),
    (b"Authorization", f"Bearer {servers.TOKEN}".encode()),
    (b"Content-Type", b"application/json"),
)
MAKE = {"configmap": objects.config_map, "pod": objects.pod}
# What a step is called, and the function in which its time is spent: end of the file name, and name.
STEPS: Mapping[str, tuple[str, str]] = {
    "authenticate": ("apiserver/front.py", "_identify"),
    "options of the request": ("handlers/options.py", "write"),
    "decode and conform to the schema": ("api/decoding.py", "read"),
    "defaults": ("defaulting/__init__.py", "apply_defaults"),
    "field ownership": ("registry/owning.py", "track"),
    "admission, changing": ("admission/chain.py", "mutate"),
    "validate": ("validation/__init__.py", "validate_create"),
    "admission, judging": ("admission/chain.py", "validate"),
    "encode": ("registry/store.py", "encode"),
    "datastore and watch cache": ("drivers/memory.py", "put"),
    "answer": ("apiserver/rendering.py", "answer"),
}


async def measure(kind: str, count: int) -> tuple[float, pstats.Stats]:
    """The processor's seconds per create without a profiler, and the statistics of as many creates with one."""
    address = {"port": servers.free_port(), "advertise_address": servers.hosts.ADDRESS}
    server = ApiServer(ApiSettings(tokens={servers.TOKEN: ADMINISTRATOR}, **address), MemoryDatastore())
    await server.start()
    try:
        await _send(server, "/api/v1/namespaces", objects.namespace())
        await _send(server, f"{objects.COLLECTION}/serviceaccounts", objects.service_account())
        path, make = f"{objects.COLLECTION}/{kind}s", MAKE[kind]
        await _create(server, path, [make(f"warm-{number}") for number in range(200)])
        start = time.process_time()
        await _create(server, path, [make(f"timed-{number}") for number in range(count)])
        seconds = (time.process_time() - start) / count
        with cProfile.Profile() as profile:
            await _create(server, path, [make(f"profiled-{number}") for number in range(count)])
    finally:
        await server.stop()
    return seconds, pstats.Stats(profile)


async def _create(server: ApiServer, path: str, made: list[Any]) -> None:
    for obj in made:
        await _send(server, path, obj)


async def _send(server: ApiServer, path: str, obj: Any) -> None:
    request = messages.Request("POST", path, messages.Headers(HEADERS), json.dumps(obj).encode(), messages.Peer(""))
    answer = server.front(request)
    response = await answer if asyncio.iscoroutine(answer) else answer
    if response.status != 201:
        raise RuntimeError(f"{path} answered {response.status}: {response.body!r}")


def divided(seconds: float, stats: pstats.Stats) -> list[str]:
    """One line per step: microseconds, as its share of the profiled time tells, and what no step covers."""
    front = next(row[3] for where, row in stats.stats.items() if _is(where, ("bench/create_path.py", "_create")))
    lines, covered = [], 0.0
    for text, function in STEPS.items():
        if not any(_is(where, function) for where in stats.stats):
            raise RuntimeError(f"{function[1]} of {function[0]} was never called: has the step {text!r} moved?")
        share = sum(row[3] for where, row in stats.stats.items() if _is(where, function)) / front
        covered += share
        lines.append(f"| {text} | {share * seconds * 1e6:.0f} | {share:.0%} |")
    rest = f"| routing, metadata, dispatch, tasks | {(1 - covered) * seconds * 1e6:.0f} | {1 - covered:.0%} |"
    return ["| step | µs | share |", "|---|---|---|", *lines, rest, f"| together | {seconds * 1e6:.0f} | |"]


def _is(where: tuple[str, int, str], function: tuple[str, str]) -> bool:
    return where[0].endswith(function[0]) and where[2] == function[1]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--kind", choices=sorted(MAKE), default="pod")
    options.add_argument("--count", type=int, default=3000)
    options.add_argument("--functions", type=int, default=0, help="also list this many functions by own time")
    args = options.parse_args()
    seconds, stats = asyncio.run(measure(args.kind, args.count))
    print("\n".join(divided(seconds, stats)))
    if args.functions:
        stats.sort_stats("tottime").print_stats(args.functions)


if __name__ == "__main__":
    main()
