"""kill -9 at random moments under concurrent writes, a hundred times: every acknowledged write is there afterwards.

The API server alone, over HTTPS, on its real datastore. Each writer keeps one ConfigMap per round and updates it; what
was acknowledged must be found, what was in flight may be found or not, and nothing else may be.
"""

import contextlib
import http.client
import json
import os
import random
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(1500)

ROUNDS = 100
WRITERS = 8
START_PATIENCE_S = 30
COLLECTION = "/api/v1/namespaces/default/configmaps"
SEED = int(os.environ.get("KILL_SEED", random.SystemRandom().randrange(10**9)))


class ApiServer:
    """`k3s server` with everything but the API switched off, on a port of its own."""

    def __init__(self, folder: Path):
        self.folder, self.log = folder, folder / "log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self):
        parts = ("--disable-agent", "--disable-scheduler", "--disable-controller-manager")
        places = ("--data-dir", str(self.folder / "data"), "--write-kubeconfig", str(self.folder / "k3s.yaml"))
        address = ("--bind-address", "127.0.0.1", "--https-listen-port", str(self.port))
        k3s = Path(sys.executable).with_name("k3s")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([str(k3s), "server", *parts, *places, *address], stdout=log, stderr=log)
        deadline = time.monotonic() + START_PATIENCE_S
        while not self._answers():
            assert self.process.poll() is None, self.log.read_text()[-2000:]
            assert time.monotonic() < deadline, self.log.read_text()[-2000:]
            time.sleep(0.02)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    def connection(self):
        tls = self.folder / "data/server/tls"
        context = ssl.create_default_context(cafile=tls / "server-ca.crt")
        context.load_cert_chain(tls / "client-admin.crt", tls / "client-admin.key")
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20, context=context)

    def _answers(self):
        try:
            with contextlib.closing(self.connection()) as connection:
                return call(connection, "GET", "/readyz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False


def call(connection, method, path, body=None):
    connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
    reply = connection.getresponse()
    return reply.status, reply.read()


def config_map(name, value):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"value": str(value)}}


class Writer(threading.Thread):
    """Creates one ConfigMap and updates it until the server goes; knows what was acknowledged and what may be there."""

    def __init__(self, server, name):
        super().__init__(name=name)
        self.server = server
        self.acknowledged: int | None = None
        self.possible: set[int | None] = {None}

    def run(self):
        try:
            with contextlib.closing(self.server.connection()) as connection:
                for value in range(10**6):
                    self.possible.add(value)
                    self._write(connection, value)
                    self.acknowledged, self.possible = value, {value}
        except (OSError, http.client.HTTPException):
            return  # the server was killed

    def _write(self, connection, value):
        method, path = ("POST", COLLECTION) if value == 0 else ("PUT", f"{COLLECTION}/{self.name}")
        status, text = call(connection, method, path, config_map(self.name, value))
        assert status in (200, 201), text


def stored(server):
    with contextlib.closing(server.connection()) as connection:
        status, text = call(connection, "GET", COLLECTION)
    assert status == 200, text
    return {
        item["metadata"]["name"]: int(item["data"]["value"])
        for item in json.loads(text)["items"]
        if "value" in item.get("data", {})
    }


def test_every_acknowledged_write_survives_a_hundred_kills(tmp_path):
    chance = random.Random(SEED)
    print(f"KILL_SEED={SEED}")
    server = ApiServer(tmp_path)
    expected: dict[str, set[int | None]] = {}
    total = 0
    try:
        server.start()
        for turn in range(ROUNDS):
            writers = [Writer(server, f"w-{turn}-{number}") for number in range(WRITERS)]
            for writer in writers:
                writer.start()
            time.sleep(chance.uniform(0.05, 0.6))
            server.kill()
            for writer in writers:
                writer.join()
                expected[writer.name] = writer.possible
                total += writer.acknowledged is not None
            server.start()
            found = stored(server)
            lost = {
                name: (found.get(name), values) for name, values in expected.items() if found.get(name) not in values
            }
            assert not lost, lost
            expected = {name: {found.get(name)} for name in expected}
    finally:
        server.kill()
    assert total > ROUNDS  # the writers did write
