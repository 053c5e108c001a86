import asyncio

import pytest
from admission_registry import asked, build, named, pod

from pyk3s.api import status
from pyk3s.apiserver.admission import chain, quotas


def quota(hard, used=None, **spec):
    state = {"hard": hard, "used": dict.fromkeys(hard, "0") if used is None else used}
    return named("ResourceQuota", "cap", namespace="shop", spec={"hard": hard, **spec}, status=state)


def run(registry, attributes):
    waiting = quotas.ResourceQuotas(registry).validate(attributes)
    if waiting is not None:
        asyncio.run(waiting)


def used(registry):
    return registry.read("", "resourcequotas", "cap", namespace="shop")["status"]["used"]


def busy(cpu="2"):
    return pod({"name": "main", "resources": {"requests": {"cpu": cpu}}})


def test_what_exceeds_a_quota_is_refused_with_all_sums():
    registry = build(quota({"pods": "0", "requests.cpu": "1"}))
    with pytest.raises(status.StatusError) as refused:
        run(registry, asked(registry, "", "pods", busy()))
    assert refused.value.message == (
        'pods "web" is forbidden: exceeded quota: cap, requested: pods=1,requests.cpu=2, '
        "used: pods=0,requests.cpu=0, limited: pods=0,requests.cpu=1"
    )


def test_what_fits_is_charged_at_once():
    registry = build(quota({"pods": "2", "requests.cpu": "3"}))
    run(registry, asked(registry, "", "pods", busy("1500m")))
    assert used(registry) == {"pods": "1", "requests.cpu": "1500m"}
    with pytest.raises(status.StatusError, match=r"requested: requests.cpu=1600m, used: requests.cpu=1500m"):
        run(registry, asked(registry, "", "pods", busy("1600m")))


def test_a_dry_run_is_not_charged():
    registry = build(quota({"pods": "1"}))
    run(registry, asked(registry, "", "pods", busy(), dry_run=True))
    assert used(registry) == {"pods": "0"}


def test_a_lost_race_is_run_again_without_charging_twice():
    registry = build(quota({"pods": "2"}))
    registry.datastore.conflicts = 1
    run(registry, asked(registry, "", "pods", busy()))
    assert used(registry) == {"pods": "1"}


def test_a_quota_without_status_refuses_nothing():
    registry = build(named("ResourceQuota", "cap", namespace="shop", spec={"hard": {"pods": "0"}}))
    run(registry, asked(registry, "", "pods", busy()))


def test_a_quota_of_unknown_usage_refuses():
    registry = build(quota({"pods": "1", "services": "1"}, used={}))
    with pytest.raises(status.StatusError, match="status unknown for quota: cap, resources: pods"):
        run(registry, asked(registry, "", "pods", busy()))


def test_containers_must_state_what_is_limited():
    registry = build(quota({"requests.cpu": "1", "limits.memory": "1Gi"}))
    with pytest.raises(
        status.StatusError, match=r"failed quota: cap: must specify limits.memory for: main; requests.c"
    ):
        run(registry, asked(registry, "", "pods", pod()))


def test_a_quota_with_scopes_leaves_others_alone():
    registry = build(quota({"pods": "0"}, scopes=["BestEffort"]))
    run(registry, asked(registry, "", "pods", busy()))
    with pytest.raises(status.StatusError, match="exceeded quota"):
        run(registry, asked(registry, "", "pods", pod()))


def test_anything_can_be_counted():
    registry = build(quota({"count/deployments.apps": "0"}))
    made = named("Deployment", "web", api="apps/v1", namespace="shop", spec={})
    with pytest.raises(status.StatusError, match=r"requested: count/deployments.apps=1"):
        run(registry, asked(registry, "apps", "deployments", made))


def test_an_update_costs_what_it_adds():
    registry = build(
        quota({"services": "1", "services.nodeports": "1"}, used={"services": "1", "services.nodeports": "0"})
    )
    plain = named("Service", "web", namespace="shop", spec={"type": "ClusterIP", "ports": [{"port": 80}]})
    opened = {**plain, "spec": {"type": "NodePort", "ports": [{"port": 80}]}}
    run(registry, asked(registry, "", "services", opened, old=plain))
    assert used(registry) == {"services": "1", "services.nodeports": "1"}
    run(registry, asked(registry, "", "services", plain, old=opened))
    assert used(registry)["services.nodeports"] == "0"


def test_kinds_outside_namespaces_are_not_counted():
    registry = build()
    plugin = quotas.ResourceQuotas(registry)
    assert not plugin.concerns(chain.CREATE, registry.catalog.find("", "v1", "nodes"), "")
    assert plugin.concerns(chain.CREATE, registry.catalog.find("", "v1", "configmaps"), "")
