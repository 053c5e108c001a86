"""Channels of remote commands in WebSocket messages."""

import pytest

from pyk3s.wire import channels


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (["v5.channel.k8s.io", "v4.channel.k8s.io"], "v5.channel.k8s.io"),
        (["v9.channel.k8s.io", "v4.channel.k8s.io"], "v4.channel.k8s.io"),
        ([], "channel.k8s.io"),
        (["chat"], None),
    ],
)
def test_the_first_known_protocol_is_chosen(offered, chosen):
    assert channels.negotiate(offered) == chosen


def test_binary_and_base64_forms():
    assert channels.Protocol("v4.channel.k8s.io").pack(channels.STDOUT, b"hi") == (b"\x01hi", False)
    text = channels.Protocol("base64.channel.k8s.io")
    assert text.pack(channels.STDOUT, b"hi") == (b"1aGk=", True)
    assert text.unpack(b"0aGk=") == channels.Arrived(0, b"hi")


def test_only_version_5_ends_a_channel():
    assert channels.Protocol("v5.channel.k8s.io").unpack(b"\xff\x00") == channels.Arrived(0, b"", True)
    assert channels.Protocol("v4.channel.k8s.io").unpack(b"\xff\x00") == channels.Arrived(255, b"\x00")


@pytest.mark.parametrize(
    ("protocol", "message"),
    [
        ("v4.channel.k8s.io", b""),
        ("v5.channel.k8s.io", b"\xff"),
        ("base64.channel.k8s.io", b"x"),
        ("base64.channel.k8s.io", b"0a"),
    ],
)
def test_what_is_no_channel_message_is_refused(protocol, message):
    with pytest.raises(channels.ChannelError):
        channels.Protocol(protocol).unpack(message)
