"""A webhook that decides about tokens or access: answers reviews over TLS as a test wants, keeps what it was asked."""

import contextlib
import http.server
import json
import pathlib
import threading
from collections.abc import Iterator
from typing import Any

import https_server


class Webhook:
    """`answer` is the status of reviews, `raw` a body instead of one; it waits while `lets` is not set."""

    def __init__(self, address: str, config: pathlib.Path, answer: Any):
        self.address, self.config, self.answer = address, config, answer
        self.asked: list[dict[str, Any]] = []
        self.raw: bytes | None = None
        self.status = 200
        self.lets = threading.Event()
        self.lets.set()


def config(folder: pathlib.Path, address: str, **cluster: str) -> pathlib.Path:
    """A kubeconfig file that names a webhook."""
    path = folder / "webhook.yaml"
    document = {
        "clusters": [{"name": "c", "cluster": {"server": address, **cluster}}],
        "contexts": [{"name": "x", "context": {"cluster": "c"}}],
        "current-context": "x",
    }
    path.write_text(json.dumps(document))
    return path


@contextlib.contextmanager
def listening(folder: pathlib.Path, answer: Any) -> Iterator[Webhook]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            review = json.loads(self.rfile.read(int(self.headers["content-length"])))
            webhook.asked.append(review)
            webhook.lets.wait(20)
            told = json.dumps({**review, "status": webhook.answer}).encode()
            self.send_response(webhook.status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(told if webhook.raw is None else webhook.raw)

        def log_message(self, *parts: object) -> None:
            """Tests are quiet."""

    with https_server.listening(folder, Handler) as (port, _):
        address = f"https://127.0.0.1:{port}/"
        webhook = Webhook(address, config(folder, address, **{"certificate-authority": "ca.crt"}), answer)
        try:
            yield webhook
        finally:
            webhook.lets.set()
