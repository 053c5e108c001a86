import pytest

from pyk3s.api.status import StatusError
from pyk3s.apiserver.strategies.services import Allocations, Exhausted, Services


def service(**spec) -> dict:
    return {"metadata": {"name": "web"}, "spec": {"type": "ClusterIP", "ports": [{"port": 80}], **spec}}


def test_an_address_is_of_the_range_and_given_once():
    allocations = Allocations("10.43.0.0/28")
    given = {allocations.any_address() for _ in range(14)}
    assert given == {f"10.43.0.{number}" for number in range(1, 15)}
    with pytest.raises(Exhausted):
        allocations.any_address()


def test_what_existing_services_hold_is_taken():
    allocations = Allocations("10.43.0.0/16")
    allocations.rebuild([service(clusterIPs=["10.43.0.9"], ports=[{"port": 80, "nodePort": 30001}])])
    assert not allocations.take_address("10.43.0.9")
    assert not allocations.take_port(30001)


def test_a_refused_service_holds_nothing():
    strategy = Services(Allocations("10.43.0.0/16"))
    strategy.allocations.take_port(30001)
    asked = service(type="NodePort", clusterIPs=["10.43.0.9"], ports=[{"port": 80, "nodePort": 30001}])
    with pytest.raises(StatusError):
        strategy.allocate(asked, None)
    assert strategy.allocations.take_address("10.43.0.9")


def test_an_update_keeps_its_address_and_frees_what_it_gives_up():
    strategy = Services(Allocations("10.43.0.0/16"))
    old = service(type="NodePort")
    strategy.allocate(old, None)
    port = old["spec"]["ports"][0]["nodePort"]
    new = service()
    strategy.prepare_update(new, old, "")
    strategy.allocate(new, old)
    strategy.replaced(new, old)
    assert new["spec"]["clusterIP"] == old["spec"]["clusterIP"]
    assert strategy.allocations.take_port(port)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"ipFamilies": ["IPv6"]}, 'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster'),
        (
            {"clusterIP": "fd00::1", "clusterIPs": ["fd00::1"]},
            'spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster',
        ),
        (
            {"ipFamilies": ["IPv4", "IPv6"]},
            "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
        ),
        ({"ipFamilyPolicy": "RequireDualStack"}, "this cluster is not configured for dual-stack services"),
    ],
)
def test_families_that_the_cluster_lacks_are_refused(asked, told):
    strategy = Services(Allocations("10.43.0.0/16"))
    with pytest.raises(StatusError) as refused:
        strategy.allocate(service(**asked), None)
    assert told in str(refused.value)


def test_a_list_of_endpoints_may_be_of_families_that_the_cluster_lacks():
    listed = service(clusterIP="None", ipFamilies=["IPv4"], ipFamilyPolicy="PreferDualStack")
    Services(Allocations("10.43.0.0/16")).allocate(listed, None)
    assert listed["spec"]["ipFamilies"] == ["IPv4", "IPv6"]
