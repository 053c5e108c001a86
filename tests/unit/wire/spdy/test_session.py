"""SPDY framing: the dictionary, both roles against each other, and what must be refused."""

import struct
import zlib

import pytest

from pyk3s.wire.spdy import headers, session
from pyk3s.wire.spdy.session import Data, GoneAway, Opened, Replied, Reset, Session


def test_the_dictionary_is_that_of_the_draft():
    assert (len(headers.DICTIONARY), zlib.adler32(headers.DICTIONARY)) == (1423, 0xE3C6A7C2)


def test_a_stream_from_its_opening_to_its_end():
    client, server = Session(client=True), Session(client=False)
    first, second = client.open({"streamType": "error"}), client.open({"streamtype": "stdin", "port": "80"})
    client.send(second, b"x" * 100_000, end=True)
    client.reset(first)
    client.go_away()
    arrived = server.receive(client.data_to_send())
    assert (first, second) == (1, 3)
    assert arrived[:2] == [
        Opened(1, {"streamtype": "error"}, False),
        Opened(3, {"streamtype": "stdin", "port": "80"}, False),
    ]
    assert [event.ended for event in arrived if isinstance(event, Data)] == [False, True]
    assert sum(len(event.data) for event in arrived if isinstance(event, Data)) == 100_000
    assert arrived[-2:] == [Reset(1, session.CANCEL), GoneAway(0)]
    server.reply(3)
    server.send(3, b"", end=True)
    assert client.receive(server.data_to_send()) == [Replied(3, {}), Data(3, b"", True)]


def test_bytes_may_come_one_by_one():
    client, server = Session(client=True), Session(client=False)
    for number in range(3):
        client.open({"requestID": str(number)})
    events = [event for byte in client.data_to_send() for event in server.receive(bytes([byte]))]
    assert [event.headers for event in events] == [{"requestid": str(number)} for number in range(3)]


def test_pings_of_the_other_side_come_back_and_our_own_do_not():
    server = Session(client=False)
    ping = struct.pack(">HHII", 0x8003, session.PING, 4, 1)
    assert server.receive(ping) == []
    assert server.data_to_send() == ping
    server.receive(struct.pack(">HHII", 0x8003, session.PING, 4, 2))
    assert server.data_to_send() == b""


def test_settings_and_windows_are_passed_over():
    settings = struct.pack(">HHIIII", 0x8003, session.SETTINGS, 12, 1, 7, 65536)
    window = struct.pack(">HHIII", 0x8003, session.WINDOW_UPDATE, 8, 1, 1000)
    assert Session(client=True).receive(settings + window) == []


@pytest.mark.parametrize(
    "frame",
    [
        struct.pack(">HHI", 0x8002, 1, 0),
        struct.pack(">HHI", 0x8003, session.RST_STREAM, 2) + b"ab",
        struct.pack(">HHI", 0x8003, session.SYN_STREAM, 14) + bytes(10) + b"junk",
        struct.pack(">HHI", 0x8003, session.GOAWAY, 0),
    ],
)
def test_broken_frames_are_refused(frame):
    with pytest.raises(session.SpdyError):
        Session(client=False).receive(frame)


def test_a_header_block_cannot_grow_without_bound():
    bomb = zlib.compressobj(zdict=headers.DICTIONARY)
    block = bomb.compress(bytes(10_000_000)) + bomb.flush(zlib.Z_SYNC_FLUSH)
    with pytest.raises(headers.HeaderError, match="larger than"):
        headers.Decompressor().headers(block)
