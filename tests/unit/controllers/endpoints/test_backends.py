"""Claims about endpoints and their packing into slices."""

import msgspec

from pyk3s.client import objects as client_objects
from pyk3s.controllers.endpoints import backends, mirroring, packing
from pyk3s.controllers.endpoints.objects import Conditions, Endpoint, Endpoints, EndpointSlice, Port, Service, Target
from pyk3s.controllers.objects import Pod


def service(ports: list | None = None, **spec: object) -> Service:
    described = {"metadata": {"name": "web", "namespace": "default"}, "spec": {"ports": ports or [], **spec}}
    return msgspec.convert(described, Service)


def pod(
    name: str,
    ip: str = "10.42.0.5",
    *,
    ready: bool = True,
    leaving: bool = False,
    phase: str = "Running",
    **spec: object,
) -> Pod:
    described = {
        "metadata": {
            "name": name,
            "namespace": "default",
            "uid": name,
            "deletionTimestamp": "2026-01-01T00:00:00Z" if leaving else None,
        },
        "spec": {"nodeName": "n1", "containers": [{"ports": [{"name": "http", "containerPort": 8080}]}], **spec},
        "status": {
            "phase": phase,
            "podIPs": [{"ip": ip}] if ip else [],
            "conditions": [{"type": "Ready", "status": str(ready)}],
        },
    }
    return msgspec.convert(described, Pod)


def test_a_named_port_is_looked_up_in_the_pod() -> None:
    wanted = service([{"name": "a", "port": 80, "targetPort": "http"}, {"name": "b", "port": 81, "targetPort": "none"}])
    assert backends.resolved_ports(wanted, pod("p")) == (Port("a", 8080),)


def test_a_sidecar_may_serve_a_named_port() -> None:
    sidecar = {"restartPolicy": "Always", "ports": [{"name": "side", "containerPort": 9}]}
    found = backends.resolved_ports(service([{"port": 80, "targetPort": "side"}]), pod("p", initContainers=[sidecar]))
    assert found == (Port("", 9),)


def test_conditions_tell_readiness_and_leaving_apart() -> None:
    def conditions(each: Pod, **spec: object) -> Conditions:
        made = backends.endpoint(service(**spec), each, "IPv4", None)
        assert made is not None
        return made.conditions

    assert conditions(pod("p")) == Conditions(True, True, False)
    assert conditions(pod("p", ready=False)) == Conditions(False, False, False)
    assert conditions(pod("p", leaving=True)) == Conditions(False, True, True)
    assert conditions(pod("p", ready=False), publishNotReadyAddresses=True) == Conditions(True, False, False)


def test_pods_without_address_or_at_their_end_are_no_endpoints() -> None:
    assert backends.endpoint(service(), pod("p", ip=""), "IPv4", None) is None
    assert backends.endpoint(service(), pod("p", phase="Failed"), "IPv4", None) is None
    assert backends.endpoint(service(), pod("p"), "IPv6", None) is None


def test_only_pods_of_the_services_subdomain_get_a_hostname() -> None:
    made = backends.endpoint(service(), pod("p", hostname="p-0", subdomain="web"), "IPv4", "z")
    other = backends.endpoint(service(), pod("p", hostname="p-0", subdomain="other"), "IPv4", "z")
    assert made is not None and other is not None
    assert (made.hostname, other.hostname, made.zone) == ("p-0", None, "z")


def test_subsets_part_ready_from_not_ready_and_leave_out_the_leaving() -> None:
    wanted = service([{"port": 80, "targetPort": "http"}])
    found = [pod("a", "10.42.0.9"), pod("b", "10.42.0.7", ready=False), pod("c", "10.42.0.8", leaving=True)]
    subsets, over = backends.subsets(wanted, found)
    assert [[each.ip for each in listed] for listed in (subsets[0].addresses, subsets[0].not_ready_addresses)] == [
        ["10.42.0.9"],
        ["10.42.0.7"],
    ]
    assert (len(subsets), over, subsets[0].ports) == (1, False, [Port("", 8080)])


PORTS = (Port("", 80),)


def endpoints(*numbers: int) -> list[Endpoint]:
    return [
        Endpoint(addresses=[f"10.0.{n // 250}.{n % 250}"], target_ref=Target("Pod", "d", f"p{n}", f"u{n}"))
        for n in numbers
    ]


def slice_of(name: str, *numbers: int) -> EndpointSlice:
    return EndpointSlice(client_objects.Metadata(name=name), "IPv4", list(PORTS), endpoints(*numbers))


def test_a_hundred_fit_into_a_slice() -> None:
    plan = packing.plan({PORTS: endpoints(*range(250))}, [])
    assert [len(contents.endpoints) for contents in plan.create] == [100, 100, 50]


def test_only_slices_that_must_change_do() -> None:
    full, half = slice_of("full", *range(100)), slice_of("half", *range(100, 150))
    plan = packing.plan({PORTS: endpoints(*range(151))}, [full, half])
    contents = {each.metadata.name: len(found.endpoints) for each, found in plan.keep}
    assert contents == {"full": 100, "half": 51}
    assert not plan.create and not plan.delete


def test_emptied_slices_go_but_one_stays() -> None:
    first, second = slice_of("first", 1), slice_of("second", 2)
    plan = packing.plan({}, [first, second])
    assert [(each.metadata.name, found) for each, found in plan.keep] == [("first", ((), []))]
    assert [each.metadata.name for each in plan.delete] == ["second"]
    assert packing.plan({}, []).create == [packing.Contents((), [])]


def test_a_new_port_means_a_new_slice() -> None:
    plan = packing.plan({(Port("", 81),): endpoints(1)}, [slice_of("old", 1)])
    assert len(plan.create) == 1
    assert [each.metadata.name for each in plan.delete] == ["old"]


def test_mirrored_endpoints_keep_families_and_readiness_apart() -> None:
    described = {
        "metadata": {"name": "x"},
        "subsets": [
            {
                "addresses": [{"ip": "1.2.3.4"}, {"ip": "fd00::1"}],
                "notReadyAddresses": [{"ip": "1.2.3.5"}],
                "ports": [{"port": 80}],
            }
        ],
    }
    mirrored = msgspec.convert(described, Endpoints)
    found = mirroring.contents(mirrored, "IPv4")[(Port("", 80),)]
    assert [(each.addresses[0], each.conditions.ready) for each in found] == [("1.2.3.4", True), ("1.2.3.5", False)]
    assert len(mirroring.contents(mirrored, "IPv6")[(Port("", 80),)]) == 1
