#!/usr/bin/env python3
"""Every budget, measured: bench/run.py [--quick] [--only api,schedule,holding,node]

Starts what it needs (servers on loopback; a whole node in a network namespace, which needs root and containerd), in
temporary folders, and prints a Markdown table. Needs wrk and openssl. Run it on an idle machine; shares of raw also
hold on a busy one. `--quick` measures for shorter: good for a look, not for a record. Modules are compiled once, as
those of an installed package are, whatever the environment says.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable
from typing import NamedTuple

import api_speed
import budgets
import footprint
import holding
import scheduling
import servers
import whole_node


class Length(NamedTuple):
    """How long to measure."""

    seconds: int
    rounds: int
    pods: int
    idle_s: float


LONG, QUICK = Length(6, 3, 2000, 60.0), Length(3, 1, 1000, 20.0)


class Results:
    """Figures by budget, and remarks on them; says each on standard error as it comes."""

    def __init__(self) -> None:
        self.figures: dict[str, float] = {}
        self.notes: dict[str, str] = {}

    def add(self, name: str, value: float, note: str = "") -> None:
        self.figures[name] = value
        if note:
            self.notes[name] = note
        self.tell(f"{name}: {value:.4g} {note}")

    @staticmethod
    def tell(line: str) -> None:
        print(line, file=sys.stderr, flush=True)


def api(results: Results, length: Length) -> None:
    with servers.loopback(*servers.API_ALONE) as server:
        results.add("api-ready", server.start_s)
        asyncio.run(api_speed.fill(server.url))
        speeds = api_speed.measure(server.url, seconds=length.seconds, rounds=length.rounds)
    for name, speed in speeds.items():
        note = f"{speed.rate:,.0f}/s beside {speed.raw:,.0f}/s, 99 % within {speed.p99_ms:.1f} ms"
        results.add(name, speed.share, note)


def schedule(results: Results, length: Length) -> None:
    with servers.loopback(*servers.CONTROL_PLANE) as server:
        speed = asyncio.run(scheduling.measure(server.url, pods=length.pods))
    note = f"created {speed.created:.0f}/s, create to bound {speed.p50_s:.2f} s, 99 % {speed.p99_s:.2f} s"
    results.add("schedule", speed.bound, note)


def hold(results: Results, length: Length) -> None:
    with servers.loopback(*servers.API_ALONE) as server:
        empty = server.api_rss() / footprint.MIB
        asyncio.run(holding.fill(server.url))
        results.add("holding", server.api_rss() / footprint.MIB, f"empty {empty:.0f}")


def node(results: Results, length: Length) -> None:
    with servers.node() as server:
        results.add("node-ready", whole_node.start(server))
        rows = whole_node.idle(server, length.idle_s)
        results.tell("\n".join(footprint.report(rows)))
        own = [row for row in rows if row[0].own]
        agent = next(reading for reading, _, _ in own if reading.name == "k3s-agent")
        results.add("server-pss", sum(reading.pss for reading, _, _ in own) / footprint.MIB)
        results.add("agent-rss", agent.rss / footprint.MIB, f"PSS {agent.pss / footprint.MIB:.0f}")
        results.add("idle-cpu", 100 * sum(share for _, share, _ in own))
        results.add("idle-writes", sum(written for _, _, written in own) / 1024 * 3600 / length.idle_s)
        results.add("pods-ready", whole_node.pods_ready(server))


PARTS: dict[str, Callable[[Results, Length], None]] = {
    "api": api,
    "schedule": schedule,
    "holding": hold,
    "node": node,
}


def main() -> int:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--quick", action="store_true", help="measure for shorter")
    options.add_argument("--only", default=",".join(PARTS), help=f"parts to measure, of {','.join(PARTS)}")
    args = options.parse_args()
    results = Results()
    for name in args.only.split(","):
        PARTS[name](results, QUICK if args.quick else LONG)
    print(budgets.table(results.figures, results.notes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
