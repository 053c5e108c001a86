"""Requests to the API server as kubectl makes them: warnings go to standard error, failures become kubectl's words.

Objects are plain dicts, or the server's own bytes where a caller decodes only what it needs.
"""

import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from pyk3s.client.errors import ApiError, from_body
from pyk3s.kubectl.errors import CommandError
from pyk3s.wire import duplex
from pyk3s.wire.http import client as http
from pyk3s.wire.http.messages import Headers

JSON = dict[str, Any]
Query = Mapping[str, str] | Iterable[tuple[str, str]]
Say = Callable[[str], None]
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
MERGE, STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"
JSON_PATCH, APPLY = "application/json-patch+json", "application/apply-patch+yaml"
_decode = msgspec.json.Decoder().decode


class Server:
    """One API server. `complain` gets warnings (each once) and, if `verbose`, a line for every request."""

    def __init__(
        self, connection: http.HttpClient, address: str, *, timeout: float | None, complain: Say, verbose: int
    ):
        self.http, self.address = connection, address
        self._timeout, self._complain, self._verbose = timeout, complain, verbose
        self._warned: set[str] = set()

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Query = (),
        *,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> bytes:
        """The bytes of a 2xx answer; `body` is bytes as they are, or a JSON value. Raises ApiError, CommandError."""
        data = b"" if body is None else body if isinstance(body, bytes) else msgspec.json.encode(body)
        headers = {"Accept": accept, **({"Content-Type": content_type} if data else {})}
        target = _target(path, query)
        began = time.monotonic()
        with self._failures():
            answer = await self.http.request(method, target, headers=headers, body=data, timeout=self._timeout)
        self._note(method, target, answer.status, began)
        self._warn(answer.headers)
        if not 200 <= answer.status < 300:
            raise refusal(answer.status, answer.body)
        return answer.body

    async def json(self, method: str, path: str, body: Any = None, query: Query = (), **more: str) -> JSON:
        """The object of a 2xx answer."""
        return decoded(await self.call(method, path, body, query, **more))

    async def get(self, path: str, query: Query = ()) -> JSON:
        return await self.json("GET", path, None, query)

    @contextlib.asynccontextmanager
    async def stream(self, path: str, query: Query = (), *, accept: str = "*/*") -> AsyncIterator[AsyncIterator[bytes]]:
        """The body of a 2xx answer in the pieces it arrives in."""
        target = _target(path, query)
        with self._failures():
            async with self.http.stream("GET", target, headers={"Accept": accept}, timeout=self._timeout) as answer:
                self._warn(answer.headers)
                if not 200 <= answer.status < 300:
                    raise refusal(answer.status, b"".join([chunk async for chunk in answer.chunks]))
                yield answer.chunks

    async def lines(self, path: str, query: Query = (), *, accept: str = "application/json") -> AsyncIterator[bytes]:
        """The lines of a streamed answer, such as a watch's events."""
        async with self.stream(path, query, accept=accept) as chunks:
            rest = b""
            async for chunk in chunks:
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    yield line
            if rest:
                yield rest

    async def upgrade(self, method: str, path: str, query: Query, headers: http.SentHeaders) -> duplex.Duplex:
        """Switch to another protocol; raises ApiError where the server refuses."""
        with self._failures():
            try:
                return await self.http.upgrade(method, _target(path, query), headers=headers)
            except http.UpgradeRefused as refused:
                raise refusal(refused.answer.status, refused.answer.body) from refused

    async def close(self) -> None:
        await self.http.close()

    def _warn(self, headers: Headers) -> None:
        for value in headers.get_all("warning"):
            text = warning_text(value)
            if text and text not in self._warned:
                self._warned.add(text)
                self._complain(f"Warning: {text}")

    def _note(self, method: str, target: str, status: int, began: float) -> None:
        if self._verbose >= 6:
            took = int((time.monotonic() - began) * 1000)
            self._complain(
                f'"Response" verb="{method}" url="{self.address}{target}" status="{status}" milliseconds={took}'
            )

    @contextlib.contextmanager
    def _failures(self) -> Any:
        """Turn what the network does into kubectl's words."""
        host = self.address.partition("://")[2]
        try:
            yield
        except ConnectionRefusedError as error:
            text = f"The connection to the server {host} was refused - did you specify the right host or port?"
            raise CommandError(text, plain=True) from error
        except ssl.SSLCertVerificationError as error:
            why = f"tls: failed to verify certificate: x509: {error.verify_message}"
            raise CommandError(f"Unable to connect to the server: {why}", plain=True) from error
        except TimeoutError as error:
            why = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
            raise CommandError(f"Unable to connect to the server: {why}", plain=True) from error
        except OSError as error:
            raise CommandError(f"Unable to connect to the server: {error}", plain=True) from error


def refusal(status: int, body: bytes) -> ApiError:
    """The error in an answer; what is no Status gets the name of its code."""
    error = from_body(status, body)
    if error.reason or status not in _REASONS:
        return error
    reason, message = _REASONS[status]
    return ApiError(status, reason, message or error.message)


_REASONS = {
    401: ("Unauthorized", "Unauthorized"),
    403: ("Forbidden", ""),
    404: ("NotFound", "the server could not find the requested resource"),
    405: ("MethodNotAllowed", "the server does not allow this method on the requested resource"),
}


def warning_text(header: str) -> str:
    """The text of a Warning header: `299 - "text"`."""
    first, last = header.find('"'), header.rfind('"')
    return header[first + 1 : last].replace('\\"', '"').replace("\\\\", "\\") if 0 <= first < last else ""


def decoded(body: bytes) -> JSON:
    """The object in an answer; raises CommandError where it is none."""
    try:
        value = _decode(body)
    except msgspec.DecodeError as error:
        raise CommandError(f"the server's answer is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise CommandError("the server's answer is not an object")
    return value


def _target(path: str, query: Query) -> str:
    text = urlencode(list(query.items()) if isinstance(query, Mapping) else list(query))
    return f"{path}?{text}" if text else path
