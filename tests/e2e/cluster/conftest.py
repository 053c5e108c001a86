"""The cluster of these tests: made once per file."""

import contextlib

import clusters
import hosts
import pytest


@pytest.fixture(scope="session")
def lan():
    made = hosts.Lan()
    yield made
    made.close()


@pytest.fixture(scope="module")
def cluster(lan, tmp_path_factory):
    with contextlib.ExitStack() as stack:

        def host(address):
            made = hosts.Host(tmp_path_factory.mktemp("host"), address, lan)
            stack.callback(made.close)
            return made

        server = hosts.Server(host(clusters.SERVER), "--node-name", "server-1")
        server.add_image(hosts.busybox())
        stack.callback(server.close)
        server.start()
        server.wait_ready()
        agents = {}
        for name, address in (("agent-1", clusters.FIRST), ("agent-2", clusters.SECOND)):
            agents[name] = agent = hosts.Agent(host(address), clusters.URL, server.token(), "--node-name", name)
            clusters.close_kubelet(agent.host)
            agent.add_image(hosts.busybox())
            stack.callback(agent.close)
            agent.start()
        made = clusters.Cluster(server, agents, host(clusters.OTHER))
        made.wait_ready()
        yield made
