"""API speed as a share of a bare server's, both measured in one run by the same client (wrk) and connections.

The bare server is measured right before each figure, and the share is the median over the rounds of each such pair, so
that what else the machine does weighs on both. Any reply outside 2xx fails the measurement.
"""

import contextlib
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import NamedTuple

import client as clients
import objects
import servers

HERE = pathlib.Path(__file__).resolve().parent
LISTED = 600
RAW_PORT = 9001
BEARER = ("-H", f"Authorization: Bearer {servers.TOKEN}")
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


class Target(NamedTuple):
    """What to ask: address, connections, further words for wrk, and the kind to create."""

    url: str
    connections: int
    words: tuple[str, ...] = ()
    kind: str = ""


class Round(NamedTuple):
    """Requests per second, and the 99th percentile of the latency in ms."""

    rate: float
    p99_ms: float


class Speed(NamedTuple):
    """The medians of all rounds: of the figure, of raw beside it, and of their ratio."""

    rate: float
    raw: float
    p99_ms: float
    share: float


async def fill(url: str) -> None:
    """The pods to list."""
    async with clients.connect(url, servers.TOKEN) as client:
        await objects.prepare(client)

        async def make(number: int) -> None:
            await client.create(f"{objects.COLLECTION}/pods", objects.pod(f"listed-{number}"))

        await clients.side_by_side(range(LISTED), make)


def measure(url: str, *, seconds: int, rounds: int) -> dict[str, Speed]:
    """The speed of each kind of request against a server that `fill` has filled."""
    pods, create = f"{url}{objects.COLLECTION}/pods", ("-s", str(HERE / "create.lua"))
    targets = {
        "get": Target(f"{pods}/listed-0", 16, BEARER),
        "list": Target(f"{pods}?limit=500", 4, BEARER),
        "create-configmap": Target(url, 16, create, kind="configmap"),
        "create-pod": Target(url, 16, create, kind="pod"),
    }
    pairs: dict[str, list[tuple[Round, Round]]] = {name: [] for name in targets}
    with _bare_server():
        for turn in range(rounds):
            for name, target in targets.items():
                raw = _wrk(Target(f"https://127.0.0.1:{RAW_PORT}/", target.connections), seconds, prefix="")
                pairs[name].append((_wrk(target, seconds, prefix=f"r{turn}-{name}"), raw))
    return {name: _medians(rounds) for name, rounds in pairs.items()}


def _medians(pairs: list[tuple[Round, Round]]) -> Speed:
    return Speed(
        rate=statistics.median(own.rate for own, _ in pairs),
        raw=statistics.median(raw.rate for _, raw in pairs),
        p99_ms=statistics.median(own.p99_ms for own, _ in pairs),
        share=statistics.median(own.rate / raw.rate for own, raw in pairs),
    )


@contextlib.contextmanager
def _bare_server() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        cert, key = f"{folder}/cert.pem", f"{folder}/key.pem"
        elliptic = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        names = ("-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost")
        subprocess.run(["openssl", "req", "-x509", *elliptic, *names], check=True, capture_output=True)
        raw = subprocess.Popen([sys.executable, str(HERE / "raw_server.py"), cert, key, str(RAW_PORT)])
        try:
            time.sleep(1)
            yield
        finally:
            raw.terminate()
            raw.wait()


def _wrk(target: Target, seconds: int, *, prefix: str) -> Round:
    words = ["wrk", "-t1", f"-c{target.connections}", f"-d{seconds}", "--latency", *target.words, target.url]
    env = {**os.environ, "TOKEN": servers.TOKEN, "KIND": target.kind, "PREFIX": prefix}
    text = subprocess.run(words, capture_output=True, text=True, env=env, check=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    slowest = re.search(r"99%\s+([\d.]+)(us|ms|s)", text)
    if "Non-2xx" in text or rate is None or slowest is None:
        raise RuntimeError(f"{target.url} does not answer with 2xx:\n{text}")
    return Round(float(rate[1]), float(slowest[1]) * _UNITS[slowest[2]])
