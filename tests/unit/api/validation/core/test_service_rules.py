"""Services: addresses, ports, what only some types may set."""

from typing import Any

import pytest

JSON = dict[str, Any]


def service(**spec: Any) -> JSON:
    return {"spec": {"ports": [{"port": 80}], **spec}}


def test_a_plain_service_is_accepted(said) -> None:
    assert said("services", service()) == []


def test_a_headless_service_needs_no_ports(said) -> None:
    assert said("services", {"spec": {"clusterIP": "None", "clusterIPs": ["None"]}}) == []


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"ports": [{"port": 1, "appProtocol": "a b"}]}, 'ports[0].appProtocol: Invalid value: "a b"'),
        ({"ports": [{"port": 1, "nodePort": 30001}]}, "ports[0].nodePort: Forbidden: may not be used when `type`"),
        ({"loadBalancerSourceRanges": ["10.0.0.0/8"]}, "LoadBalancerSourceRanges: Forbidden: may only be used when"),
        ({"loadBalancerClass": "a"}, "loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'"),
        ({"externalIPs": ["127.0.0.1"]}, 'externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback'),
        ({"externalTrafficPolicy": "Local"}, 'externalTrafficPolicy: Invalid value: "Local": may only be set for'),
        ({"ipFamilies": ["IPv4", "IPv4"]}, 'ipFamilies[1]: Duplicate value: "IPv4"'),
        ({"type": "LoadBalancer", "ports": [{"port": 10250}]}, "ports[0]: Invalid value: 10250: may not expose"),
        ({"type": "ExternalName", "ports": [], "externalName": ""}, "externalName: Required value"),
    ],
)
def test_a_service_is_told_what_is_wrong_with_it(said, spec: JSON, told: str) -> None:
    (found,) = said("services", service(**spec))
    assert found.startswith(f"spec.{told}")


def test_two_ports_need_names(said) -> None:
    assert said("services", service(ports=[{"port": 80}, {"port": 81}])) == [
        "spec.ports[0].name: Required value",
        "spec.ports[1].name: Required value",
    ]


def test_the_first_address_stays_for_life(said_of_update) -> None:
    old = service(clusterIP="10.43.0.5", clusterIPs=["10.43.0.5"])
    new = service(clusterIP="10.43.0.6", clusterIPs=["10.43.0.6"])
    assert said_of_update("services", old, new) == [
        'spec.clusterIPs[0]: Invalid value: ["10.43.0.6"]: may not change once set'
    ]
    assert said_of_update("services", old, {"spec": {"type": "ExternalName", "externalName": "a.b"}}) == []


def test_an_endpoint_slice_holds_addresses_of_its_family(said) -> None:
    endpoints = [{"addresses": ["fd00::1"]}, {"addresses": ["x"]}]
    found = said("endpointslices.discovery.k8s.io", {"addressType": "IPv4", "endpoints": endpoints})
    assert found == [
        'endpoints[0].addresses: Invalid value: "fd00::1": must be an IPv4 address',
        'endpoints[1].addresses[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ]
