"""Who may join, what those are told who may not, and how a deleted node comes back."""

import pathlib
import re

import clusters
import footprint
import hosts
import pytest

pytestmark = [pytest.mark.root, pytest.mark.timeout(300)]


@pytest.fixture
def agent(cluster):
    """Makes an agent on the spare host, one at a time; it is gone afterwards, with its node."""
    made = []

    def make(token, *flags, server=clusters.URL, node="agent-4"):
        made.append(hosts.Agent(cluster.spare, server, token, "--node-name", node, *flags))
        made[-1].start()
        return made[-1]

    yield make
    for each in made:
        each.stop()
        each.log.unlink(missing_ok=True)
    if made[-1].data.exists():
        made[-1].close()
    cluster.kubectl("delete", "node", "agent-4", "--ignore-not-found")


def refused(agent):
    """The words with which it ended."""
    assert agent.ended() == 1
    return agent.told()


def test_a_wrong_token_is_refused_with_words(cluster, agent):
    wrong = re.sub("::server:.*", "::server:wrong", cluster.server.token())
    assert "refuses the token: the token is not one of this cluster" in refused(agent(wrong))


def test_a_token_of_another_cluster_is_refused_with_both_hashes(cluster, agent):
    other = "K10" + "ab" * 32 + "::server:whatever"
    told = refused(agent(other))
    actual = cluster.server.token()[3:67]
    assert f"it pins the CA hash {'ab' * 32}, the server's is {actual}" in told


def test_a_name_that_another_node_has_is_refused(cluster, agent):
    told = refused(agent(cluster.server.token(), node="agent-1"))
    assert "the name agent-1 is taken by another node" in told
    assert "agent-1" in cluster.ready()


def test_the_servers_own_name_is_refused(cluster, agent):
    assert "the name server-1 is taken" in refused(agent(cluster.server.token(), node="server-1"))


def test_a_closed_port_is_named_and_tried_again(cluster, agent):
    waiting = agent(cluster.server.token(), server=f"https://{clusters.SERVER}:6555")
    hosts.eventually(lambda: waiting.told().count(":6555 refuses connections") >= 2, 30, waiting.told)


def test_a_short_token_is_trusted_at_first_sight_with_a_warning(cluster, agent):
    joined = agent(cluster.server.token().rpartition(":")[2])
    cluster.wait_ready("agent-4")
    assert "the token pins no authority" in joined.told()


def test_a_bootstrap_token_and_flags_of_the_node(cluster, agent):
    words = ("token", "create", "--data-dir", str(cluster.server.data), "--config", str(cluster.server.config))
    token = cluster.server.host.run(str(hosts.K3S), *words).stdout.strip()
    joined = agent(token, "--with-node-id", "--node-label", "shed=yes", "--disable-apiserver-lb")
    hosts.eventually(lambda: cluster.kubectl("get", "nodes", "-l", "shed=yes", "-o", "name").stdout, 60, joined.told)
    name = cluster.kubectl("get", "nodes", "-l", "shed=yes", "-o", "name").stdout.strip().removeprefix("node/")
    identity = (joined.data / "agent/node/id").read_text().strip()
    assert name == f"agent-4-{identity}"
    cluster.wait_ready(name)
    assert ":6444" not in cluster.spare.run("ss", "-Hltn").stdout
    joined.stop()
    cluster.kubectl("delete", "node", name)


def test_a_deleted_node_comes_back(cluster, agent):
    joined = agent(cluster.server.token())
    cluster.wait_ready("agent-4")
    joined.stop()
    cluster.kubectl("delete", "node", "agent-4")
    joined.start()
    cluster.wait_ready("agent-4")


def test_a_new_host_may_take_the_name_of_a_deleted_node(cluster, agent):
    first = agent(cluster.server.token())
    cluster.wait_ready("agent-4")
    first.close()
    assert "the name agent-4 is taken" in refused(agent(cluster.server.token()))
    cluster.kubectl("delete", "node", "agent-4")
    password = ("get", "secret", "-n", "kube-system", "agent-4.node-password.k3s", "--ignore-not-found", "-o", "name")
    hosts.eventually(lambda: not cluster.kubectl(*password).stdout, 30)
    agent(cluster.server.token())
    cluster.wait_ready("agent-4")


def test_killall_takes_back_what_an_agent_did_to_its_host(cluster, agent):
    before = footprint.of(cluster.spare, cluster.spare.folder)
    joined = agent(cluster.server.token())
    cluster.wait_ready("agent-4")
    script = str(pathlib.Path(__file__).parents[3] / "packaging/k3s-killall.sh")
    cluster.spare.run("env", f"K3S_DATA_DIR={joined.data}", script, timeout=120)
    assert joined.ended() == 0
    after = footprint.of(cluster.spare, cluster.spare.folder)
    assert {kind: after[kind] - before[kind] for kind in after if kind != "files"} == {
        kind: set() for kind in after if kind != "files"
    }
