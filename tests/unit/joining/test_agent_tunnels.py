"""The agent's side of tunnels: whatever comes through reaches the kubelet's port on loopback, and nothing else."""

import asyncio
import ssl

from pyk3s.joining.agent import tunnels
from pyk3s.lib import clock, tasks


class Stream:
    """A stream of a tunnel, by hand."""

    def __init__(self, *arriving):
        self.arriving, self.sent, self.refusal = [*arriving, b""], b"", None

    async def read(self):
        return self.arriving.pop(0) if self.arriving else b""

    async def write(self, data):
        self.sent += data

    async def end(self):
        pass

    async def reset(self, reason=""):
        self.refusal = self.refusal or reason


def agent(port):
    return tunnels.AgentTunnels(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), port, lambda server: None, clock.SystemClock())


def test_a_stream_reaches_the_kubelet_on_loopback():
    async def run():
        peers = []

        async def kubelet(reader, writer):
            peers.append(writer.get_extra_info("sockname")[0])
            writer.write(b"kubelet heard " + await reader.read())
            writer.close()

        listener = await asyncio.start_server(kubelet, "127.0.0.1", 0)
        stream = Stream(b"hello")
        await agent(listener.sockets[0].getsockname()[1])._to_kubelet(stream)
        listener.close()
        return stream.sent, peers

    assert asyncio.run(run()) == (b"kubelet heard hello", ["127.0.0.1"])


def test_the_only_place_that_is_ever_dialled_is_the_kubelets_port(monkeypatch):
    async def run():
        dialled = []

        async def dial(factory, host, port, **options):
            dialled.append((host, port))
            raise ConnectionRefusedError("nobody there")

        monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", dial)
        for told in (b"10.0.0.1:22", b"CONNECT 10.43.0.1:443 HTTP/1.1\r\n\r\n"):
            await agent(10250)._to_kubelet(Stream(told))
        return dialled

    assert asyncio.run(run()) == [("127.0.0.1", 10250)] * 2


def test_a_kubelet_that_is_not_there_is_said():
    stream = Stream(b"hello")
    asyncio.run(agent(1)._to_kubelet(stream))
    assert stream.refusal.startswith("the kubelet does not answer")


def test_servers_come_and_go(monkeypatch):
    async def run():
        held = []

        async def hold(self, address):
            held.append(address)
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                held.remove(address)

        monkeypatch.setattr(tunnels.AgentTunnels, "_hold", hold)
        made = agent(1)
        states = []
        async with tasks.TaskOwner("test") as owner:
            owner.start(made.run(), "tunnels")
            for addresses in (["a:1", "b:1"], ["b:1", "c:1"], []):
                made.lead_to(addresses)
                await asyncio.sleep(0.01)
                states.append(sorted(held))
        return states

    assert asyncio.run(run()) == [["a:1", "b:1"], ["b:1", "c:1"], []]
