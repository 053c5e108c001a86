from making import pod

from pyk3s.node.containers import naming
from pyk3s.node.containers.requests import Resolver

NAMES = naming.ClusterNames("10.43.0.10", "cluster.local", Resolver(("192.0.2.53",), ("lan",), ("edns0",)))


def test_cluster_first_asks_the_cluster_and_searches_it():
    made = naming.resolver(pod(), NAMES)
    assert made.servers == ("10.43.0.10",)
    assert made.searches == ("default.svc.cluster.local", "svc.cluster.local", "cluster.local", "lan")
    assert made.options == ("ndots:5",)


def test_on_the_host_network_cluster_first_is_the_nodes_resolver():
    assert naming.resolver(pod(hostNetwork=True), NAMES) == NAMES.node
    made = naming.resolver(pod(hostNetwork=True, dnsPolicy="ClusterFirstWithHostNet"), NAMES)
    assert made.servers == ("10.43.0.10",)


def test_own_configuration_is_added_and_wins():
    config = {
        "nameservers": ["10.0.0.1"],
        "searches": ["x"],
        "options": [{"name": "ndots", "value": "2"}, {"name": "a"}],
    }
    made = naming.resolver(pod(dnsConfig=config), NAMES)
    assert made.servers == ("10.43.0.10", "10.0.0.1")
    assert made.options == ("ndots:2", "a")
    assert naming.resolver(pod(dnsPolicy="None", dnsConfig=config), NAMES).servers == ("10.0.0.1",)


def test_resolv_conf_is_read():
    text = "# head\nsearch a b\nnameserver 1.1.1.1\nnameserver 2.2.2.2 # two\noptions ndots:1 rotate\n"
    assert naming.parse_resolver(text) == Resolver(("1.1.1.1", "2.2.2.2"), ("a", "b"), ("ndots:1", "rotate"))


def test_hosts_files():
    text = naming.hosts_file(
        pod(subdomain="sub", hostAliases=[{"ip": "1.2.3.4", "hostnames": ["x"]}]),
        ips=("10.42.0.5",),
        hostname="web",
        domain="cluster.local",
    )
    assert "10.42.0.5\tweb.sub.default.svc.cluster.local\tweb\n" in text
    assert text.endswith("1.2.3.4\tx\n")
    own = naming.hosts_file(pod(), ips=(), hostname="n", domain="d", node_hosts="127.0.0.1 host\n")
    assert own.endswith("127.0.0.1 host\n")
