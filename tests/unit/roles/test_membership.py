"""An agent's process: what it needs to be told, which servers it follows, and when it starts afresh."""

import asyncio

import pytest

from pyk3s.client.objects import Identity
from pyk3s.config import settings
from pyk3s.lib.failure import Failure
from pyk3s.roles import membership, provisioning


def chosen(folder, *flags):
    return settings.agent_settings(["--data-dir", str(folder), *flags], {}, "n1")


def test_an_agent_needs_a_server(tmp_path):
    with pytest.raises(Failure, match="--server is missing: give the address of a server"):
        membership._wish(chosen(tmp_path), "192.0.2.1")


def test_a_mangled_token_is_refused(tmp_path):
    with pytest.raises(Failure, match="--token is refused: it starts with K10"):
        membership._wish(chosen(tmp_path, "--server", "https://a:1", "--token", "K10abc::server:x"), "192.0.2.1")


def test_servers_of_an_earlier_run_are_asked_too(tmp_path):
    kept = tmp_path / "agent/etc/k3s-agent-load-balancer.json"
    kept.parent.mkdir(parents=True)
    kept.write_text('{"ServerAddresses": ["b:6443", "a:1"]}')
    wish = membership._wish(chosen(tmp_path, "--server", "https://a:1"), "192.0.2.1")
    assert wish.urls == ("https://a:1", "https://b:6443")
    assert (wish.node.name, wish.node.addresses) == ("n1", ("192.0.2.1",))


def test_servers_are_the_endpoints_of_the_api():
    made = membership._Slice(
        Identity(), [membership._Endpoint(["192.0.2.2", "192.0.2.1"]), membership._Endpoint(["2001:db8::1"])],
        [membership._Port(6443)],
    )  # fmt: skip
    assert membership._addresses([made]) == ["192.0.2.1:6443", "192.0.2.2:6443", "[2001:db8::1]:6443"]


@pytest.mark.parametrize(
    ("seen", "looks"),
    [
        (["a", "b", "b"], 3),  # another one, and it stays
        (["a", "b", "a", "c", "c"], 5),  # one that went again does not count
        (["127.0.0.1", "127.0.0.1", "b", "b"], 4),  # no network at all is no new address
    ],
)
def test_an_address_has_changed_when_another_one_stays(tmp_path, monkeypatch, seen, looks):
    left = list(seen)
    monkeypatch.setattr(provisioning, "node_address", lambda settings: left.pop(0))

    class Time:
        async def sleep(self, seconds):
            pass

    asyncio.run(membership._until_moved(chosen(tmp_path), "a", Time()))
    assert len(seen) - len(left) == looks
