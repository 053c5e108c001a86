"""An API server in a thread of this process, with the settings of a test, over plain HTTP; by default in memory."""

import asyncio
import contextlib
import http.client
import json
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

from ports import free_port

from pyk3s.apiserver import identity
from pyk3s.apiserver.server import ApiServer
from pyk3s.apiserver.settings import ApiSettings
from pyk3s.datastore.open import open_datastore

ADMIN = identity.User("admin", (identity.MASTERS, "system:authenticated"))
ALICE = identity.User("alice", ("dev", "system:authenticated"), "u1")
PLACE = {"advertise_address": "198.51.100.1"}
TOKENS = {"admin-token": ADMIN, "alice-token": ALICE}


class Reply(NamedTuple):
    code: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Api:
    """Sends requests to the server of a block."""

    def __init__(self, server: ApiServer, loop: asyncio.AbstractEventLoop):
        self.server, self.loop = server, loop
        self.port = server.port

    def send(
        self, method: str, path: str, body: Any = None, *, token: str = "admin-token", headers: Any = None
    ) -> Reply:
        sent = {"Content-Type": "application/json", **(headers or {})}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), sent)
            answer = connection.getresponse()
            return Reply(answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()


@contextlib.contextmanager
def running(store: str = "memory://", **settings: Any) -> Iterator[Api]:
    """A server until the end of the block. Raises what its start raises."""
    started: list[Api | BaseException] = []
    ready, ended = threading.Event(), asyncio.Event()

    async def serve() -> None:
        datastore = await open_datastore(store)
        server = ApiServer(ApiSettings(port=free_port(), tokens=TOKENS, **settings, **PLACE), datastore)
        try:
            await server.start()
            started.append(Api(server, asyncio.get_running_loop()))
            ready.set()
            await ended.wait()
        finally:
            await server.stop()
            await datastore.close()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            started.append(error)
            ready.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert ready.wait(30)
        if isinstance(started[0], BaseException):
            raise started[0]
        yield started[0]
    finally:
        if started and isinstance(started[0], Api):
            started[0].loop.call_soon_threadsafe(ended.set)
        thread.join()
