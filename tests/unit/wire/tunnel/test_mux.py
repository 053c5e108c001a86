"""Streams of a tunnel, without I/O: order, windows, ends, and what a broken or hostile other side is told."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyk3s.wire.tunnel import mux


def pair():
    return mux.Mux(opens=True), mux.Mux(opens=False)


def passed(source, target):
    return [event for message in source.messages() if (event := target.receive(message)) is not None]


def frame(kind, stream, payload=b""):
    return struct.pack(">BI", kind, stream) + payload


def opened():
    server, agent = pair()
    stream = server.open()
    assert passed(server, agent) == [mux.Opened(stream)]
    return server, agent, stream


def test_bytes_arrive_in_both_directions():
    server, agent, stream = opened()
    server.send(stream, b"question")
    assert passed(server, agent) == [mux.Data(stream, b"question")]
    agent.send(stream, b"answer")
    assert passed(agent, server) == [mux.Data(stream, b"answer")]


def test_large_data_is_cut_so_that_streams_take_turns():
    server, agent, stream = opened()
    server.send(stream, b"x" * (mux.MOST_DATA + 1))
    assert [len(event.data) for event in passed(server, agent)] == [mux.MOST_DATA, 1]


def test_no_more_is_sent_than_there_is_room_for():
    server, agent, stream = opened()
    assert server.send(stream, b"x" * (mux.ROOM + 5)) == mux.ROOM
    assert (server.room(stream), server.send(stream, b"more")) == (0, 0)
    passed(server, agent)
    agent.took(stream, mux.ROOM)
    assert passed(agent, server) == [mux.Room(stream)]
    assert server.room(stream) == mux.ROOM


def test_small_reads_are_granted_again_together():
    _, agent, stream = opened()
    agent.took(stream, mux.ROOM // 2 - 1)
    assert agent.messages() == []
    agent.took(stream, 1)
    assert [message[0] for message in agent.messages()] == [mux.WINDOW]


def test_each_direction_ends_by_itself():
    server, agent, stream = opened()
    server.end(stream)
    assert passed(server, agent) == [mux.Ended(stream)]
    agent.send(stream, b"still")
    agent.end(stream)
    assert passed(agent, server) == [mux.Data(stream, b"still"), mux.Ended(stream)]
    with pytest.raises(mux.TunnelError, match="the stream has ended"):
        server.room(stream)


def test_a_reset_ends_both_directions_and_says_why():
    server, agent, stream = opened()
    agent.reset(stream, "nobody home")
    assert passed(agent, server) == [mux.Reset(stream, "nobody home")]
    with pytest.raises(mux.TunnelError):
        server.send(stream, b"x")


def test_what_was_under_way_when_a_stream_ended_is_dropped():
    server, agent, stream = opened()
    agent.send(stream, b"late")
    server.reset(stream)
    assert passed(agent, server) == []


def test_streams_do_not_mix():
    server, agent, one = opened()
    two = server.open()
    server.send(two, b"2")
    server.send(one, b"1")
    assert passed(server, agent) == [mux.Opened(two), mux.Data(two, b"2"), mux.Data(one, b"1")]


def test_the_side_that_accepts_takes_only_so_many():
    server, agent = pair()
    for _ in range(mux.MOST_STREAMS):
        server.open()
    passed(server, agent)
    assert agent.receive(frame(mux.OPEN, mux.MOST_STREAMS + 1)) is None
    assert agent.messages() == [frame(mux.RESET, mux.MOST_STREAMS + 1, b"too many streams")]
    with pytest.raises(mux.TunnelError, match="too many streams"):
        server.open()


BROKEN = {
    "too short": b"\x01",
    "an unknown kind": frame(9, 1),
    "a stream that was never opened": frame(mux.DATA, 7, b"x"),
    "a stream opened twice": frame(mux.OPEN, 1),
    "a window without a size": frame(mux.WINDOW, 1, b"x"),
    "a window beyond all bounds": frame(mux.WINDOW, 1, b"\xff\xff\xff\xff"),
    "more data than there is room for": frame(mux.DATA, 1, b"x" * (mux.ROOM + 1)),
}


@pytest.mark.parametrize("message", BROKEN.values(), ids=BROKEN.keys())
def test_who_breaks_the_protocol_is_cut_off(message):
    _, agent, _ = opened()
    with pytest.raises(mux.TunnelError):
        agent.receive(message)


def test_an_agent_cannot_open_streams_to_the_server():
    server, _ = pair()
    with pytest.raises(mux.TunnelError, match="out of turn"):
        server.receive(frame(mux.OPEN, 1))


def test_data_after_the_end_breaks_the_protocol():
    server, agent, stream = opened()
    server.end(stream)
    passed(server, agent)
    with pytest.raises(mux.TunnelError, match="after its end"):
        agent.receive(frame(mux.DATA, stream, b"x"))


def test_a_frame_has_no_place_for_an_address():
    """Whatever follows the head of an OPEN is not looked at: the other side alone decides where streams lead."""
    _, agent = pair()
    assert agent.receive(frame(mux.OPEN, 1, b"10.0.0.1:22")) == mux.Opened(1)


@given(st.lists(st.binary(max_size=20), max_size=20))
def test_no_message_makes_an_end_fail_otherwise_than_in_words(messages):
    for end in pair():
        for message in messages:
            try:
                end.receive(message)
            except mux.TunnelError:
                break


@given(st.data())
def test_whatever_the_order_bytes_arrive_as_they_were_sent(data):
    server, agent = pair()
    streams = [server.open() for _ in range(3)]
    sent, got, taken = (dict.fromkeys(streams, b""), dict.fromkeys(streams, b""), dict.fromkeys(streams, 0))
    passed(server, agent)
    for _ in range(data.draw(st.integers(1, 30))):
        stream = data.draw(st.sampled_from(streams))
        action = data.draw(st.sampled_from(("send", "carry", "read")))
        if action == "send":
            piece = data.draw(st.binary(min_size=1, max_size=8)) * data.draw(st.integers(1, 20_000))
            sent[stream] += piece[: server.send(stream, piece)]
        elif action == "carry":
            for event in passed(server, agent):
                got[event.stream] += event.data
        else:
            agent.took(stream, len(got[stream]) - taken[stream])
            taken[stream] = len(got[stream])
            passed(agent, server)
    for event in passed(server, agent):
        got[event.stream] += event.data
    assert got == sent
