"""The gRPC client against a small HTTP/2 server made of h2."""

import asyncio
import pathlib
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import h2.config
import h2.connection
import h2.events
import pytest

from pyk3s.wire import grpc


class FakeServer(asyncio.Protocol):
    """Answers by method: /echo, /twice (a stream), /fail, /silent, /hangup."""

    def __init__(self, seen: list[dict[str, str]]):
        self.seen = seen
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        self.bodies: dict[int, bytearray] = {}
        self.methods: dict[int, str] = {}

    def connection_made(self, transport):
        self.transport = transport
        self.h2.initiate_connection()
        transport.write(self.h2.data_to_send())

    def data_received(self, data):
        for event in self.h2.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                headers = dict(event.headers)
                self.seen.append(headers)
                self.methods[event.stream_id], self.bodies[event.stream_id] = headers[":path"], bytearray()
            elif isinstance(event, h2.events.DataReceived):
                self.bodies[event.stream_id] += event.data
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                self.answer(event.stream_id, self.methods[event.stream_id], bytes(self.bodies[event.stream_id]))
            elif isinstance(event, h2.events.StreamReset):
                self.seen.append({"reset": str(event.error_code)})
        self.transport.write(self.h2.data_to_send())

    def answer(self, stream, method, framed):
        if method == "/hangup":
            self.transport.close()
            return
        if method == "/silent":
            return
        if method == "/fail":
            failure = [(":status", "200"), ("grpc-status", "5"), ("grpc-message", "not%20here")]
            self.h2.send_headers(stream, failure, end_stream=True)
            return
        self.h2.send_headers(stream, [(":status", "200"), ("content-type", "application/grpc")])
        body = framed[5:] if method != "/size" else str(len(framed) - 5).encode()
        for _ in range(2 if method == "/twice" else 1):
            self.h2.send_data(stream, struct.pack(">BI", 0, len(body)) + body)
        self.h2.send_headers(stream, [("grpc-status", "0")], end_stream=True)


@asynccontextmanager
async def serving(folder: pathlib.Path) -> AsyncIterator[tuple[grpc.Channel, list[dict[str, str]]]]:
    seen: list[dict[str, str]] = []
    path = str(folder / "socket")
    server = await asyncio.get_running_loop().create_unix_server(lambda: FakeServer(seen), path)
    channel = grpc.Channel(f"unix://{path}", {"namespace": "k8s.io"})
    try:
        yield channel, seen
    finally:
        await channel.close()
        server.close()


def test_calls_share_a_connection_and_carry_metadata_and_deadline(tmp_path):
    async def scenario():
        async with serving(tmp_path) as (channel, seen):
            answers = await asyncio.gather(*(channel.unary("/echo", b"%d" % n, timeout=1.5) for n in range(20)))
            return answers, seen

    answers, seen = asyncio.run(scenario())
    assert answers == [b"%d" % n for n in range(20)]
    assert {(headers["namespace"], headers["grpc-timeout"]) for headers in seen} == {("k8s.io", "1500m")}


def test_a_message_larger_than_the_window_is_sent_as_the_window_opens(tmp_path):
    async def scenario():
        async with serving(tmp_path) as (channel, _):
            return await channel.unary("/size", b"x" * 1_000_000)

    assert asyncio.run(scenario()) == b"1000000"


def test_a_stream_gives_every_message(tmp_path):
    async def scenario():
        async with serving(tmp_path) as (channel, _):
            return [message async for message in channel.stream("/twice", b"m")]

    assert asyncio.run(scenario()) == [b"m", b"m"]


@pytest.mark.parametrize(
    ("method", "code", "message"),
    [("/fail", 5, "not here"), ("/hangup", grpc.UNAVAILABLE, "the connection was closed")],
)
def test_failures_have_code_and_message(tmp_path, method, code, message):
    async def scenario():
        async with serving(tmp_path) as (channel, _):
            with pytest.raises(grpc.GrpcError) as failed:
                await channel.unary(method, b"")
            assert await channel.unary("/echo", b"again") == b"again"
            return failed.value

    error = asyncio.run(scenario())
    assert (error.code, error.message) == (code, message)


def test_a_call_past_its_deadline_is_cancelled_at_the_server(tmp_path):
    async def scenario():
        async with serving(tmp_path) as (channel, seen):
            with pytest.raises(grpc.GrpcError) as failed:
                await channel.unary("/silent", b"", timeout=0.01)
            await channel.unary("/echo", b"")
            return failed.value.code, seen

    code, seen = asyncio.run(scenario())
    assert code == grpc.DEADLINE_EXCEEDED
    assert {"reset": "8"} in seen or {"reset": "ErrorCodes.CANCEL"} in seen


def test_no_server_is_unavailable(tmp_path):
    with pytest.raises(grpc.GrpcError, match="cannot connect") as failed:
        asyncio.run(grpc.Channel(str(tmp_path / "none")).unary("/echo", b""))
    assert failed.value.code == grpc.UNAVAILABLE
