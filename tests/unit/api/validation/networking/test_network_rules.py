"""Ingresses, their classes, network policies, service networks."""

from typing import Any

import pytest

JSON = dict[str, Any]
BACKEND = {"service": {"name": "web", "port": {"number": 80}}}


def ingress(path: JSON | None = None, **rule: Any) -> JSON:
    whole = {"path": "/", "pathType": "Prefix", "backend": BACKEND, **(path or {})}
    return {"spec": {"rules": [{"http": {"paths": [whole]}, **rule}]}}


def test_an_ingress_is_accepted(said) -> None:
    assert said("ingresses.networking.k8s.io", ingress(host="*.example.com")) == []


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ({"path": "/a//b"}, "path: Invalid value: \"/a//b\": must not contain '//'"),
        ({"path": "/a/.."}, "path: Invalid value: \"/a/..\": cannot end with '/..'"),
        ({"backend": {}}, 'backend: Invalid value: "": resource or service backend is required'),
        (
            {"backend": {"service": {"name": "a", "port": {}}}},
            "backend: Required value: port name or number is required",
        ),
        ({"backend": {**BACKEND, "resource": {"kind": "a", "name": "b"}}}, "backend: Invalid value"),
    ],
)
def test_a_path_is_told_what_is_wrong_with_it(said, path: JSON, told: str) -> None:
    (found,) = said("ingresses.networking.k8s.io", ingress(path))
    assert found.startswith(f"spec.rules[0].http.paths[0].{told}")


def test_a_host_is_a_name(said) -> None:
    (found,) = said("ingresses.networking.k8s.io", ingress(host="a_b"))
    assert found.startswith('spec.rules[0].host: Invalid value: "a_b": a lowercase RFC 1123 subdomain')
    (found,) = said("ingresses.networking.k8s.io", ingress(host="a.*.b"))
    assert "a wildcard DNS-1123 subdomain" in found


def test_the_controller_of_a_class_is_fixed(said, said_of_update) -> None:
    def of(controller: str) -> JSON:
        return {"spec": {"controller": controller}}

    assert said("ingressclasses.networking.k8s.io", of("example.com/x")) == []
    assert len(said("ingressclasses.networking.k8s.io", of("x"))) == 1
    (found,) = said_of_update("ingressclasses.networking.k8s.io", of("example.com/x"), of("example.com/y"))
    assert found == 'spec.controller: Invalid value: "example.com/y": field is immutable'


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"from": [{"ipBlock": {"cidr": ""}}]}, "from[0].ipBlock.cidr: Required value"),
        ({"from": [{"ipBlock": {"cidr": "10.0.0.1/8"}}]}, "from[0].ipBlock.cidr: Invalid value"),
        (
            {"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}]},
            "from[0]: Forbidden: may not specify both",
        ),
        ({"ports": [{"endPort": 5}]}, "ports[0].endPort: Invalid value: 5: may not be specified when `port` is not"),
        ({"ports": [{"port": 9, "endPort": 5}]}, "ports[0].endPort: Invalid value: 9: must be greater than or equal"),
        ({"ports": [{"port": "Http"}]}, 'ports[0].port: Invalid value: "Http": must contain only'),
    ],
)
def test_a_policy_is_told_what_is_wrong_with_it(said, rule: JSON, told: str) -> None:
    (found,) = said("networkpolicies.networking.k8s.io", {"spec": {"podSelector": {}, "ingress": [rule]}})
    assert found.startswith(f"spec.ingress[0].{told}")


def test_an_address_object_is_named_by_its_address(said) -> None:
    spec = {"parentRef": {"resource": "services", "name": "a"}}
    named = {"metadata": {"name": "10.43.0.1"}, "spec": spec}
    assert said("ipaddresses.networking.k8s.io", named) == []
    (found,) = said("ipaddresses.networking.k8s.io", {"metadata": {"name": "fd00:0::1"}, "spec": spec})
    assert 'must be in canonical form ("fd00::1")' in found


def test_a_service_network_keeps_its_first_range(said_of_update) -> None:
    def ranges(*cidrs: str) -> JSON:
        return {"spec": {"cidrs": list(cidrs)}}

    name = "servicecidrs.networking.k8s.io"
    assert said_of_update(name, ranges("10.0.0.0/16"), ranges("10.0.0.0/16", "fd00::/112")) == []
    assert len(said_of_update(name, ranges("10.0.0.0/16"), ranges("10.1.0.0/16"))) == 1
