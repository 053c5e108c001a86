"""A real API server in this process' place: its own process on a free port, over a database in a temporary folder."""

import contextlib
import json
import pathlib
import re
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

from ports import free_port

TOKEN = "test-token"
START_LIMIT_S = 30


class Api:
    """Sends JSON to a running server."""

    def __init__(self, port: int, process: "subprocess.Popen[bytes]"):
        self.url = f"https://127.0.0.1:{port}"
        self.process = process
        self._context = ssl._create_unverified_context()

    def send(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> tuple[int, Any]:
        """Status code and JSON value of an answer."""
        data = None if body is None else json.dumps(body).encode()
        code, _, told = self.exchange(method, path, data, {"Content-Type": content_type})
        return code, json.loads(told)

    def exchange(
        self, method: str, path: str, data: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str, bytes]:
        """Status code, content type and bytes of an answer."""
        sent = {"Authorization": f"Bearer {TOKEN}", "User-Agent": "test/1", **(headers or {})}
        request = urllib.request.Request(self.url + path, data, sent, method=method)
        try:
            with urllib.request.urlopen(request, context=self._context, timeout=30) as reply:
                return reply.status, reply.headers["Content-Type"], reply.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers["Content-Type"], error.read()

    def warned(self, method: str, path: str, body: Any) -> list[str]:
        """The warnings that come with an answer."""
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", "User-Agent": "test/1"}
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers, method=method)
        with urllib.request.urlopen(request, context=self._context, timeout=30) as reply:
            told = reply.headers.get_all("Warning") or []
        return [each.removeprefix('299 - "').removesuffix('"') for each in told]


@contextlib.contextmanager
def running(folder: pathlib.Path) -> Iterator[Api]:
    """A server over the database in `folder`, until the end of the block."""
    port = free_port()
    log = folder / "api.log"
    command = [sys.executable, "-m", "pyk3s.apiserver", "--port", str(port), "--data-dir", str(folder)]
    with log.open("wb") as output:
        process = subprocess.Popen([*command, "--token", TOKEN], stdout=output, stderr=output)
    try:
        _wait_ready(process, log)
        yield Api(port, process)
    finally:
        process.terminate()
        process.wait(timeout=START_LIMIT_S)


def _wait_ready(process: "subprocess.Popen[bytes]", log: pathlib.Path) -> None:
    give_up = time.monotonic() + START_LIMIT_S
    while not re.search(r'"ready" port=', log.read_text()):
        if process.poll() is not None or time.monotonic() > give_up:
            raise RuntimeError(f"the API server did not start: {log.read_text()[-2000:]}")
        time.sleep(0.02)
