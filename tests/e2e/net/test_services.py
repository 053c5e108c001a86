"""Rules of the service proxy in a real kernel, between real namespaces: who answers, and whom it sees."""

import pytest
import topology

from pyk3s.client.objects import Identity, SliceMetadata
from pyk3s.network import cni, masquerade
from pyk3s.proxy import objects, rules
from pyk3s.proxy.state import State

pytestmark = pytest.mark.root

POD_A, POD_B, POD_C = "10.42.0.11", "10.42.0.12", "10.42.0.13"
SERVICE = "10.43.0.5"
CLUSTER_CIDR = "10.42.0.0/16"


@pytest.fixture(scope="module", params=[True, False], ids=["bridge filtered", "bridge not filtered"])
def node(request):
    made = topology.Node()
    try:
        made.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        made.run("sysctl", "-qw", "net.ipv4.icmp_ratelimit=0")  # tests refuse more often than once a second
        made.run("sysctl", "-qw", f"net.bridge.bridge-nf-call-iptables={int(request.param)}")
        made.nft(masquerade.rules("10.42.0.0/24", CLUSTER_CIDR, cni.BRIDGE, bridge_is_filtered=request.param))
        for link in (
            "link add k3s-services type bridge",
            f"addr add {topology.DNS}/32 dev k3s-services",
            "link set k3s-services up",
            f"route add 10.43.0.0/16 dev k3s-services src {topology.NODE}",
        ):
            made.ip(link)
        for name, address in (("a", POD_A), ("b", POD_B), ("c", POD_C)):
            made.add_pod(address).serve(name, 8080)
        yield made
    finally:
        made.close()


class Table:
    """The proxy's table in the node, as the proxy keeps it."""

    def __init__(self, node):
        self._node = node
        self._state = State(rules.IPV4.table, lambda *told: None)
        node.nft(rules.base(rules.IPV4, CLUSTER_CIDR))

    def set(self, service, *endpoints):
        labels = {"kubernetes.io/service-name": service.metadata.name}
        ports = [objects.EndpointPort(port=8080, protocol=protocol) for protocol in ("TCP", "UDP")]
        piece = objects.EndpointSlice(SliceMetadata(labels=labels), endpoints=list(endpoints), ports=ports)
        made = rules.service_rules(service, [piece], rules.IPV4, "n1")
        self._node.nft(self._state.transaction({service.metadata.key: made}))

    def remove(self, service):
        self._node.nft(self._state.transaction({service.metadata.key: rules.Ruleset()}))


@pytest.fixture
def table(node):
    return Table(node)


def service(name="web", node_port=0, **spec):
    ports = [objects.ServicePort(80, protocol=each, node_port=node_port) for each in ("TCP", "UDP")]
    spec.setdefault("cluster_ips", [SERVICE])
    return objects.Service(Identity(name=name, namespace="default"), objects.ServiceSpec(ports=ports, **spec))


def endpoint(address, node="n1", **conditions):
    return objects.Endpoint([address], objects.Conditions(**conditions), node)


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_a_pod_reaches_another_pod_of_its_bridge_by_the_service(node, table, protocol):
    table.set(service(), endpoint(POD_B))
    name, _ = node.pods[0].ask(SERVICE, 80, protocol).split()
    assert name == "b"


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_a_pod_reaches_itself_by_the_service(node, table, protocol):
    table.set(service(), endpoint(POD_A))
    assert node.pods[0].ask(SERVICE, 80, protocol) == f"a {topology.GATEWAY}"


def test_the_source_address_of_a_pod_is_kept_where_bridges_are_filtered(node, table, request):
    if "not filtered" in request.node.name:
        pytest.skip("the node's address stands in there")
    table.set(service(), endpoint(POD_B))
    assert node.pods[0].ask(SERVICE, 80) == f"b {POD_A}"


def test_the_host_reaches_a_service_without_a_default_route(node, table):
    table.set(service(), endpoint(POD_B))
    assert node.ask(SERVICE, 80) == f"b {topology.NODE}"


def test_all_backends_are_asked(node, table):
    table.set(service(), endpoint(POD_B), endpoint(POD_C))
    assert {node.ask(SERVICE, 80).split()[0] for _ in range(20)} == {"b", "c"}


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
@pytest.mark.parametrize("who", ["host", "pod", "outside"])
def test_a_service_without_backends_refuses_at_once(node, table, protocol, who):
    table.set(service(node_port=30080, type="NodePort"))
    asker, address, port = {
        "host": (node, SERVICE, 80),
        "pod": (node.pods[0], SERVICE, 80),
        "outside": (node.client, topology.NODE, 30080),
    }[who]
    local_udp = {"PermissionError"} if (who, protocol) == ("host", "udp") else set()  # what the kernel tells itself
    assert asker.ask(address, port, protocol) in {"ConnectionRefusedError"} | local_udp


def test_a_port_that_a_service_has_not_is_refused_at_once(node, table):
    table.set(service(), endpoint(POD_B))
    assert node.pods[0].ask(SERVICE, 81) == "ConnectionRefusedError"
    assert node.ask(SERVICE, 81) == "ConnectionRefusedError"


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_a_client_outside_reaches_a_node_port(node, table, protocol):
    table.set(service(node_port=30080, type="NodePort"), endpoint(POD_B))
    name, seen = node.client.ask(topology.NODE, 30080, protocol).split()
    assert (name, seen) == ("b", topology.GATEWAY)


def test_the_host_and_pods_reach_a_node_port(node, table):
    table.set(service(node_port=30080, type="NodePort"), endpoint(POD_B))
    assert node.ask(topology.NODE, 30080).split()[0] == "b"
    assert node.pods[0].ask(topology.NODE, 30080).split()[0] == "b"


def test_the_local_policy_shows_the_client_address(node, table):
    local = service(node_port=30080, type="NodePort", external_traffic_policy="Local")
    table.set(local, endpoint(POD_B), endpoint("10.42.1.5", "n2"))
    assert {node.client.ask(topology.NODE, 30080) for _ in range(5)} == {f"b {topology.CLIENT}"}


def test_the_local_policy_without_local_backends_drops_the_outside(node, table):
    local = service(node_port=30080, type="NodePort", external_traffic_policy="Local")
    table.set(local, endpoint(POD_B, "n2"))
    assert node.client.ask(topology.NODE, 30080) == "TimeoutError"
    assert node.pods[0].ask(topology.NODE, 30080).split()[0] == "b"


def test_an_external_address_leads_to_the_service(node, table):
    table.set(service(external_ips=["10.43.200.1"]), endpoint(POD_B))
    assert node.client.ask("10.43.200.1", 80).split()[0] == "b"


def test_source_ranges_shut_others_out(node, table):
    given = service(node_port=30080, type="LoadBalancer", load_balancer_source_ranges=["192.0.2.0/24"])
    table.set(given, endpoint(POD_B))
    assert node.client.ask(topology.NODE, 30080) == "TimeoutError"


def test_affinity_sends_a_client_to_one_backend(node, table):
    table.set(service(session_affinity="ClientIP"), endpoint(POD_B), endpoint(POD_C))
    assert len({node.ask(SERVICE, 80) for _ in range(8)}) == 1


def test_a_changed_and_removed_service_leaves_nothing(node, table):
    before = node.run("nft", "list", "table", *rules.IPV4.table.split())
    sticky = service(node_port=30080, type="NodePort", session_affinity="ClientIP")
    table.set(sticky, endpoint(POD_B), endpoint(POD_C))
    table.set(service(), endpoint(POD_C))
    assert node.ask(SERVICE, 80).split()[0] == "c"
    table.remove(service())
    assert node.run("nft", "list", "table", *rules.IPV4.table.split()) == before


def test_the_longest_names_are_taken(node, table):
    long = service("n" * 63, node_port=30080, type="NodePort", session_affinity="ClientIP")
    long.metadata.namespace = "s" * 63
    table.set(long, endpoint(POD_B), endpoint(POD_C))
    assert node.ask(topology.NODE, 30080).split()[0] in "bc"


def test_a_udp_client_finds_another_backend_after_its_flow_is_forgotten(node, table):
    table.set(service(), endpoint(POD_B))
    assert node.ask(SERVICE, 80, "udp", 4000).startswith("b")
    table.set(service(), endpoint(POD_C))
    assert node.ask(SERVICE, 80, "udp", 4000).startswith("b")
    node.run("conntrack", "-D", "-p", "udp", "--orig-port-dst", "80", "--reply-src", POD_B, "--orig-dst", SERVICE)
    assert node.ask(SERVICE, 80, "udp", 4000).startswith("c")


def test_pods_reach_the_address_of_the_cluster_dns_on_their_node(node, table):
    node.serve("dns", 53, topology.DNS)
    assert node.pods[0].ask(topology.DNS, 53, "udp") == f"dns {POD_A}"
    assert node.pods[0].ask(topology.DNS, 53, "tcp") == f"dns {POD_A}"


def test_other_tables_are_left_alone(node, table):
    node.nft("add table inet firewalld")
    Table(node)
    assert "table inet firewalld" in node.run("nft", "list", "tables")


def test_pods_leave_the_cluster_under_the_nodes_address(node, table):
    node.client.serve("far", 9000)
    assert node.pods[0].ask(topology.CLIENT, 9000) == f"far {topology.NODE}"
