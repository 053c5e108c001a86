"""Three hosts, one cluster: pods on every node, logs and commands through tunnels, and what heals by itself."""

import json
import re
import subprocess

import clusters
import hosts
import pytest

pytestmark = [pytest.mark.root, pytest.mark.timeout(600)]

NODES = ("server-1", "agent-1", "agent-2")
AGENTS = NODES[1:]
POD = """
apiVersion: v1
kind: Pod
metadata: {name: on-%(node)s}
spec:
  nodeSelector: {kubernetes.io/hostname: %(node)s}
  terminationGracePeriodSeconds: 0
  containers:
  - name: main
    image: %(image)s
    imagePullPolicy: Never
    command: [sh, -c, "echo hello from %(node)s; mkdir /www; echo page of %(node)s > /www/index.html; httpd -f -h /www"]
"""


@pytest.fixture(scope="module")
def pods(cluster):
    manifest = "---".join(POD % {"node": node, "image": hosts.IMAGE} for node in NODES)
    cluster.kubectl("apply", "-f", "-", feed=manifest)
    for node in NODES:
        cluster.kubectl("wait", "--for=condition=Ready", f"pod/on-{node}", "--timeout=90s", timeout=100)
    return cluster


def command_runs(cluster, node):
    asked = cluster.kubectl("exec", f"on-{node}", "--", "cat", "/www/index.html", check=False, timeout=30)
    return asked.stdout == f"page of {node}\n"


def address_of(cluster, node):
    wanted = "jsonpath={.status.addresses[?(@.type=='InternalIP')].address}"
    return cluster.kubectl("get", "node", node, "-o", wanted, check=False).stdout


def test_three_hosts_form_one_cluster(cluster):
    assert cluster.ready() == set(NODES)
    roles = cluster.kubectl("get", "nodes", "-l", "node-role.kubernetes.io/control-plane", "-o", "name").stdout
    assert roles.split() == ["node/server-1"]


def test_every_node_has_a_pod_network_of_its_own(cluster):
    listed = json.loads(cluster.kubectl("get", "nodes", "-o", "json").stdout)["items"]
    assert len({node["spec"]["podCIDR"] for node in listed}) == 3


@pytest.mark.parametrize("node", AGENTS)
def test_the_kubelets_port_is_closed_to_the_server(cluster, node):
    agent = cluster.agents[node]
    asked = cluster.server.host.run("timeout", "2", "busybox", "nc", agent.host.address, "10250", check=False, feed="")
    assert asked.returncode


@pytest.mark.parametrize("node", NODES)
def test_logs_are_read_from_each_node(pods, node):
    assert pods.kubectl("logs", f"on-{node}").stdout == f"hello from {node}\n"


@pytest.mark.parametrize("node", NODES)
def test_commands_run_on_each_node(pods, node):
    assert command_runs(pods, node)


def test_much_data_comes_through_a_tunnel_whole(pods):
    script = "head -c 8000000 /dev/zero | tr '\\0' x"
    assert pods.kubectl("exec", "on-agent-1", "--", "sh", "-c", script).stdout == "x" * 8_000_000


def test_input_goes_through_a_tunnel(pods):
    told = "line\n" * 100_000
    assert pods.kubectl("exec", "-i", "on-agent-2", "--", "wc", "-c", feed=told).stdout.strip() == str(len(told))


def test_a_port_is_forwarded_through_a_tunnel(pods):
    words = pods.server.kubectl_words("port-forward", "pod/on-agent-1", ":80")
    forward = subprocess.Popen(pods.server.host.command(*words), stdout=subprocess.PIPE, text=True)
    try:
        port = re.search(r"127\.0\.0\.1:(\d+)", forward.stdout.readline())[1]
        page = pods.server.host.run("busybox", "wget", "-qO-", f"http://127.0.0.1:{port}/").stdout
    finally:
        forward.terminate()
        forward.communicate(timeout=20)
    assert page == "page of agent-1\n"


@pytest.mark.parametrize("node", NODES)
def test_figures_of_each_node_are_read_through_the_api(cluster, node):
    summary = json.loads(cluster.kubectl("get", "--raw", f"/api/v1/nodes/{node}/proxy/stats/summary").stdout)
    assert summary["node"]["nodeName"] == node


def test_the_agents_reach_the_api_through_their_load_balancer(cluster):
    for agent in cluster.agents.values():
        kept = json.loads((agent.data / "agent/etc/k3s-agent-load-balancer.json").read_text())
        assert kept["ServerAddresses"] == ["198.51.100.11:6443"]
        connections = agent.host.run("ss", "-Htn", "state", "established", "dport", "=", ":6444").stdout
        assert "127.0.0.1:6444" in connections


def test_an_agent_listens_for_its_kubelet_and_on_loopback_only(cluster):
    agent = cluster.agents["agent-1"]
    listening = agent.host.run("ss", "-Hltun").stdout.splitlines()
    places = {line.split()[4] for line in listening}
    ours = {"127.0.0.1:6444", "0.0.0.0:10250", "10.43.0.10:53"}
    runtime = {place for place in places - ours if place.startswith("127.0.0.1:")}
    assert places - runtime == ours
    assert len(runtime) == 1  # containerd's streams


def test_a_restart_of_the_server_heals(pods):
    pods.server.kill()
    pods.server.start()
    hosts.eventually(lambda: set(NODES) <= pods.ready(), 90, pods.told)
    hosts.eventually(lambda: all(command_runs(pods, node) for node in NODES), 60, pods.told)


def test_a_tunnel_that_broke_without_a_word_is_found_and_heals(pods):
    """No packet passes the agent's link any more, so neither end hears that the other is gone."""
    closed = 'tunnel closed" node=agent-1'
    before = pods.server.log.read_text().count(closed)
    clusters.silence(pods.agents["agent-1"].host)
    try:
        hosts.eventually(lambda: pods.server.log.read_text().count(closed) > before, 30, pods.told)
    finally:
        clusters.hear_again(pods.agents["agent-1"].host)
    hosts.eventually(lambda: command_runs(pods, "agent-1"), 60, pods.told)


def test_a_changed_address_of_an_agent_heals(pods):
    agent = pods.agents["agent-2"]
    agent.host.move("198.51.100.33")
    hosts.eventually(lambda: address_of(pods, "agent-2") == "198.51.100.33", 90, pods.told)
    hosts.eventually(lambda: command_runs(pods, "agent-2"), 60, pods.told)
    pods.wait_ready("agent-2")


def test_an_agent_that_starts_while_the_server_is_away_is_the_node_it_was(pods):
    agent = pods.agents["agent-1"]
    pods.server.stop()
    agent.stop()
    agent.start()
    hosts.eventually(lambda: "no server answers, going on as the node that it was" in agent.told(), 60, agent.told)
    pods.server.start()
    hosts.eventually(lambda: command_runs(pods, "agent-1"), 120, pods.told)
    restarts = pods.kubectl("get", "pod", "on-agent-1", "-o", "jsonpath={.status.containerStatuses[0].restartCount}")
    assert restarts.stdout == "0"
    pods.wait_ready()
