"""WebSocket framing: examples of RFC 6455, both roles against each other, and what must be refused."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyk3s.wire import websocket
from pyk3s.wire.websocket import Closed, Message, WebSocket


def masked(first: int, payload: bytes) -> bytes:
    return struct.pack(">BB", first, 0x80 | len(payload)) + b"\0\0\0\0" + payload


def test_the_accept_key_is_that_of_the_rfc():
    assert websocket.accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_the_masked_example_of_the_rfc_is_read():
    server = WebSocket(client=False)
    assert server.receive(bytes.fromhex("818537fa213d7f9f4d5158")) == [Message(b"Hello", True)]


def test_the_fragmented_example_of_the_rfc_is_joined():
    client = WebSocket(client=True)
    assert client.receive(bytes.fromhex("010348656c") + bytes.fromhex("80026c6f")) == [Message(b"Hello", True)]


@given(st.lists(st.binary(max_size=70_000), max_size=4), st.integers(1, 9000))
def test_messages_arrive_in_whatever_pieces_the_bytes_come(messages, piece):
    client, server = WebSocket(client=True), WebSocket(client=False)
    for message in messages:
        client.send(message)
    sent = client.data_to_send()
    arrived = [event for at in range(0, len(sent), piece) for event in server.receive(sent[at : at + piece])]
    assert arrived == [Message(message, False) for message in messages]
    for message in messages:
        server.send(message)
    assert client.receive(server.data_to_send()) == [Message(message, False) for message in messages]


def test_pings_between_fragments_are_answered():
    server = WebSocket(client=False)
    frames = masked(0x01, b"a") + masked(0x89, b"hi") + masked(0x80, b"b")
    assert server.receive(frames) == [Message(b"ab", True)]
    assert server.data_to_send() == b"\x8a\x02hi"


def test_a_close_is_answered_once_and_ends_everything():
    client, server = WebSocket(client=True), WebSocket(client=False)
    client.close(1000, "done")
    assert server.receive(client.data_to_send()) == [Closed(1000, "done")]
    assert client.receive(server.data_to_send()) == [Closed(1000, "")]
    server.send(b"late")
    assert server.data_to_send() == b""
    assert client.data_to_send() == b""


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (b"\x82\x01a", 1002),  # a client must mask
        (masked(0xC2, b"a"), 1002),  # reserved bit
        (masked(0x80, b"a"), 1002),  # nothing to continue
        (masked(0x01, b"a") + masked(0x82, b"b"), 1002),  # a new message inside one
        (masked(0x83, b"a"), 1002),  # unknown kind
        (masked(0x09, b"a"), 1002),  # fragmented ping
        (masked(0x88, b"\x03"), 1002),  # half a code
        (masked(0x88, struct.pack(">H", 1005)), 1002),  # a code that may not be sent
        (masked(0x81, b"\xff"), 1007),
        (struct.pack(">BBQ", 0x82, 0xFF, 1 << 40), 1009),
    ],
)
def test_broken_frames_close_the_connection_with_the_right_code(frames, code):
    server = WebSocket(client=False)
    assert server.receive(frames)[-1].code == code
    assert server.data_to_send()[2:4] == struct.pack(">H", code)


def test_many_fragments_cannot_exceed_the_limit():
    server = WebSocket(client=False, most_bytes=10)
    events = server.receive(masked(0x02, b"123456") + masked(0x00, b"123456"))
    assert [event.code for event in events] == [1009]
