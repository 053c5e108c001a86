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
