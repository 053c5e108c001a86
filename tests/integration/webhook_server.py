"""A webhook for tests: an HTTPS server in a thread with an authority of its own, answering by a function."""

import base64
import contextlib
import http.server
import json
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import https_server

JSON = dict[str, Any]


class Webhook:
    """A listening webhook: what it was asked, and how it is configured as a client."""

    def __init__(self, port: int, authority: bytes):
        self.port, self._authority = port, authority
        self.asked: list[JSON] = []
        self.targets: list[str] = []

    def client(self, path: str = "/") -> JSON:
        """The clientConfig of this webhook."""
        return {"url": f"https://127.0.0.1:{self.port}{path}", "caBundle": base64.b64encode(self._authority).decode()}


@contextlib.contextmanager
def listening(folder: pathlib.Path, respond: Callable[[JSON], JSON | bytes]) -> Iterator[Webhook]:
    """Serve reviews; `respond` makes the response of a request, without its uid, or else the bytes of the body."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            review = json.loads(self.rfile.read(int(self.headers["content-length"])))
            webhook.asked.append(review["request"])
            webhook.targets.append(self.path)
            response = respond(review["request"])
            if isinstance(response, bytes):
                body = response
            else:
                response = {"uid": review["request"]["uid"], **response}
                body = json.dumps({**review, "request": None, "response": response}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *parts: object) -> None:
            """Tests are quiet."""

    with https_server.listening(folder, Handler) as (port, authority):
        webhook = Webhook(port, authority)
        yield webhook


def patch(*operations: JSON) -> JSON:
    """The response that allows and changes."""
    encoded = base64.b64encode(json.dumps(operations).encode()).decode()
    return {"allowed": True, "patchType": "JSONPatch", "patch": encoded}
