"""Services and EndpointSlices to rules: what leads where, what is refused, what is masqueraded."""

import pytest

from pyk3s.client.objects import Identity, SliceMetadata
from pyk3s.proxy import objects, rules
from pyk3s.proxy.backends import backends
from pyk3s.proxy.ruleset import Ruleset, difference


def service(name="web", *, ports=((80, 0),), **spec):
    made = [objects.ServicePort(port=port, node_port=node_port) for port, node_port in ports]
    spec.setdefault("cluster_ips", ["10.43.0.5"])
    return objects.Service(Identity(name=name, namespace="default"), objects.ServiceSpec(ports=made, **spec))


def endpoint(address, node="n1", **conditions):
    return objects.Endpoint([address], objects.Conditions(**conditions), node)


def slices(*endpoints, port=8080):
    labels = {"kubernetes.io/service-name": "web"}
    meta = SliceMetadata(name="web-1", namespace="default", labels=labels)
    return [objects.EndpointSlice(meta, endpoints=list(endpoints), ports=[objects.EndpointPort(port=port)])]


def made(given, found, node="n1"):
    return rules.service_rules(given, found, rules.IPV4, node)


def test_a_cluster_address_leads_to_a_random_backend():
    result = made(service(), slices(endpoint("10.42.0.5"), endpoint("10.42.0.6")))
    assert result.maps == {"service-ips": {"10.43.0.5 . tcp . 80": "goto service/default/web/tcp/80"}}
    [rule] = result.chains["service/default/web/tcp/80"]
    assert "numgen random mod 2 map { 0 : 10.42.0.5 . 8080, 1 : 10.42.0.6 . 8080 }" in rule


def test_a_single_backend_needs_no_dice():
    [rule] = made(service(), slices(endpoint("10.42.0.5"))).chains["service/default/web/tcp/80"]
    assert rule.endswith("dnat to 10.42.0.5:8080")


def test_a_service_without_backends_refuses():
    result = made(service(ports=((80, 30080),), type="NodePort"), [])
    assert result.maps["refused-ips"] == {"10.43.0.5 . tcp . 80": "goto refuse"}
    assert result.maps["refused-ports"] == {"tcp . 30080": "goto refuse"}
    assert result.chains == {}


def test_a_headless_service_has_no_rules():
    assert made(service(cluster_ips=["None"]), slices(endpoint("10.42.0.5"))) == Ruleset()


def test_traffic_from_outside_is_masqueraded():
    result = made(service(ports=((80, 30080),), type="NodePort"), slices(endpoint("10.42.0.5")))
    assert result.maps["node-ports"] == {"tcp . 30080": "goto external/default/web/tcp/80"}
    assert result.chains["external/default/web/tcp/80"][0] == "jump from-outside"


def test_the_local_policy_keeps_the_client_address_and_drops_without_local_backends():
    given = service(ports=((80, 30080),), type="NodePort", external_traffic_policy="Local")
    here, away = slices(endpoint("10.42.0.5", "n1")), slices(endpoint("10.42.1.5", "n2"))
    assert made(given, here).chains["external/default/web/tcp/80"][-1] == "goto external/default/web/tcp/80/local"
    assert made(given, away).chains["external/default/web/tcp/80"][-1] == "drop"
    assert "jump from-outside" not in made(given, here).chains["external/default/web/tcp/80"]


def test_the_internal_local_policy_uses_this_nodes_backends_alone():
    given = service(internal_traffic_policy="Local")
    found = slices(endpoint("10.42.0.5", "n1"), endpoint("10.42.1.5", "n2"))
    assert made(given, found).chains["service/default/web/tcp/80"][0].endswith("dnat to 10.42.0.5:8080")


def test_affinity_remembers_clients_per_backend():
    result = made(service(session_affinity="ClientIP"), slices(endpoint("10.42.0.5"), endpoint("10.42.0.6")))
    assert set(result.affinity.values()) == {10800}
    assert len(result.affinity) == 2
    assert result.chains["service/default/web/tcp/80"][-1].startswith("numgen random mod 2 vmap")


def test_source_ranges_close_the_balancer_to_others():
    given = service(ports=((80, 30080),), type="LoadBalancer", load_balancer_source_ranges=["192.0.2.0/24", "::/0"])
    first, *_ = made(given, slices(endpoint("10.42.0.5"))).chains["external/default/web/tcp/80"]
    assert first == "ip saddr != { 192.0.2.0/24 } drop"


def test_unready_endpoints_do_not_answer():
    found = slices(endpoint("10.42.0.5", ready=False), endpoint("10.42.0.6"))
    assert [each.address for each in backends(found, "", "TCP", "IPv4")] == ["10.42.0.6"]


def test_terminating_endpoints_answer_only_where_no_other_does():
    ending = endpoint("10.42.0.5", ready=False, serving=True, terminating=True)
    assert [each.address for each in backends(slices(ending), "", "TCP", "IPv4")] == ["10.42.0.5"]
    both = slices(ending, endpoint("10.42.0.6"))
    assert [each.address for each in backends(both, "", "TCP", "IPv4")] == ["10.42.0.6"]


def test_nothing_changes_when_nothing_changed():
    rules_now = made(service(), slices(endpoint("10.42.0.5")))
    assert difference("ip t", rules_now, rules_now).strip() == ""


def test_additions_come_before_the_elements_that_lead_to_them_and_removals_after():
    lines = difference(
        "ip t", made(service("a"), slices(endpoint("1.1.1.1"))), made(service("b"), slices(endpoint("1.1.1.2")))
    )
    order = [line.split()[:2] for line in lines.strip().splitlines()]
    assert order.index(["add", "chain"]) < order.index(["add", "element"]) < order.index(["delete", "chain"])


def test_pods_may_ask_all_backends_under_the_local_policy():
    given = service(ports=((80, 30080),), type="NodePort", external_traffic_policy="Local")
    away = slices(endpoint("10.42.1.5", "n2"))
    assert (
        "ip saddr @pods goto external/default/web/tcp/80/all" in made(given, away).chains["external/default/web/tcp/80"]
    )


def test_another_affinity_timeout_is_another_set():
    def affinity(seconds):
        config = objects.AffinityConfig(objects.ClientIP(seconds))
        given = service(session_affinity="ClientIP", session_affinity_config=config)
        return made(given, slices(endpoint("10.42.0.5")))

    lines = difference("ip t", affinity(10), affinity(20))
    assert "timeout 20s" in lines
    assert "delete set ip t service/default/web/tcp/80/10.42.0.5/8080/clients-10s" in lines


def test_udp_flows_are_known_by_cluster_address_and_node_port():
    given = service(ports=())
    given.spec.ports = [objects.ServicePort(53, protocol="UDP", node_port=30053)]
    found = slices(endpoint("10.42.0.5"))
    found[0].ports = [objects.EndpointPort(port=53, protocol="UDP")]
    flows = rules.udp_flows(given, found, rules.IPV4)
    assert flows == {("10.43.0.5", 53, "10.42.0.5"), ("", 30053, "10.42.0.5")}


@pytest.mark.parametrize(
    ("family", "held", "left"), [(rules.IPV4, "10.42.0.0/16", "fd00::/48"), (rules.IPV6, "fd00::/48", "10.42")]
)
def test_each_family_takes_its_own_pod_networks(family, held, left):
    script = rules.base(family, "10.42.0.0/16,fd00::/48")
    assert f"elements = {{ {held} }}" in script
    assert left not in script
