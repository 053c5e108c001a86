"""What pyk3s must reach and aims at, row by row, and the table that says how a run compares."""

from collections.abc import Mapping
from typing import NamedTuple


class Budget(NamedTuple):
    """One row: a figure by name, its unit, what it must reach and what it aims at. More is better if `rising`."""

    name: str
    text: str
    unit: str
    must: float
    aim: float
    rising: bool = False

    def verdict(self, value: float) -> str:
        """How a figure compares."""
        if self._reaches(value, self.aim):
            return "aim reached"
        return "must reached" if self._reaches(value, self.must) else "**missed**"

    def _reaches(self, value: float, bound: float) -> bool:
        return value >= bound if self.rising else value <= bound


BUDGETS = (
    Budget("node-ready", "`k3s server` → node Ready", "s", 60, 10),
    Budget("api-ready", "API start → `/readyz`", "s", 3, 1),
    Budget("server-pss", "server, idle, all own processes, PSS", "MiB", 200, 120),
    Budget("agent-rss", "agent, idle, own process, RSS", "MiB", 50, 40),
    Budget("idle-cpu", "idle CPU of a single-node server", "% of a core", 2, 1),
    Budget("idle-writes", "idle disk writes", "KiB/h", 1024, 0),
    Budget("get", "GET one pod, 16 connections", "of raw", 0.25, 0.40, rising=True),
    Budget("create-configmap", "create ConfigMap, 16 connections", "of raw", 0.06, 0.09, rising=True),
    Budget("create-pod", "create Pod, 16 connections", "of raw", 0.03, 0.05, rising=True),
    Budget("list", "list 500 pods, 4 connections", "of raw", 0.006, 0.012, rising=True),
    Budget("schedule", "create and schedule pods on 100 nodes", "pods/s", 400, 800, rising=True),
    Budget("pods-ready", "20 pods Ready from `kubectl apply`", "s", 4.7, 3),
    Budget("holding", "API server holding 5,000 pods and 10,000 ConfigMaps, RSS", "MiB", 250, 150),
)


def table(figures: Mapping[str, float], notes: Mapping[str, str]) -> str:
    """The figures as a Markdown table, in the order of the budgets; what was not measured says so."""
    lines = ["| | measured | must | aims at | verdict |", "|---|---|---|---|---|"]
    for row in BUDGETS:
        sign = "≥" if row.rising else "≤"
        bounds = f"{sign} {row.must:g} | {sign} {row.aim:g}"
        if row.name in figures:
            value = figures[row.name]
            note = f" ({notes[row.name]})" if row.name in notes else ""
            lines.append(f"| {row.text} | {_rounded(value)} {row.unit}{note} | {bounds} | {row.verdict(value)} |")
        else:
            lines.append(f"| {row.text} | not measured | {bounds} | |")
    return "\n".join(lines)


def _rounded(value: float) -> str:
    """Three significant digits, without exponents."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
