import types

from pyk3s.api import accounting

PODS = types.SimpleNamespace(group="", plural="pods", qualified="pods")


def shown(amounts):
    return {name: str(amount) for name, amount in sorted(amounts.items())}


def container(cpu, **rest):
    return {"name": f"c{cpu}", "resources": {"requests": {"cpu": cpu}}, **rest}


def test_a_pod_needs_the_larger_of_running_and_starting():
    spec = {"containers": [container("1"), container("2")], "initContainers": [container("5"), container("1")]}
    assert shown(accounting.pod_amounts(spec, "requests")) == {"cpu": "5"}


def test_sidecars_run_beside_everything_after_them():
    spec = {"containers": [container("1")], "initContainers": [container("2", restartPolicy="Always"), container("3")]}
    assert shown(accounting.pod_amounts(spec, "requests")) == {"cpu": "5"}


def test_what_is_stated_for_the_pod_stands_for_its_containers():
    spec = {"containers": [container("1")], "resources": {"requests": {"cpu": "4"}}}
    assert shown(accounting.pod_amounts(spec, "requests")) == {"cpu": "4"}


def test_overhead_adds_to_requests_and_to_limits_that_exist():
    spec = {"containers": [container("1")], "overhead": {"cpu": "500m"}}
    assert shown(accounting.pod_amounts(spec, "requests", overhead=True)) == {"cpu": "1500m"}
    assert shown(accounting.pod_amounts(spec, "limits", overhead=True)) == {}


def test_a_pod_counts_under_every_name_that_quotas_know():
    requests = {"cpu": "1", "hugepages-2Mi": "4Mi", "example.com/gpu": "2"}
    spec = {"containers": [{"name": "a", "resources": {"requests": requests, "limits": {"memory": "1Gi"}}}]}
    assert shown(accounting.used(PODS, {"spec": spec})) == {
        "count/pods": "1",
        "cpu": "1",
        "hugepages-2Mi": "4Mi",
        "limits.memory": "1Gi",
        "pods": "1",
        "requests.cpu": "1",
        "requests.example.com/gpu": "2",
        "requests.hugepages-2Mi": "4Mi",
    }


def test_a_finished_pod_counts_as_an_object_only():
    obj = {"spec": {"containers": [container("1")]}, "status": {"phase": "Succeeded"}}
    assert shown(accounting.used(PODS, obj)) == {"count/pods": "1"}


def test_services_count_what_they_open():
    services = types.SimpleNamespace(group="", plural="services", qualified="services")
    spec = {"type": "LoadBalancer", "ports": [{"port": 1}, {"port": 2}]}
    assert shown(accounting.used(services, {"spec": spec})) == {
        "count/services": "1",
        "services": "1",
        "services.loadbalancers": "1",
        "services.nodeports": "2",
    }


def test_claims_count_for_their_class_too():
    claims = types.SimpleNamespace(group="", plural="persistentvolumeclaims", qualified="persistentvolumeclaims")
    spec = {"storageClassName": "fast", "resources": {"requests": {"storage": "1Gi"}}}
    assert shown(accounting.used(claims, {"metadata": {}, "spec": spec})) == {
        "count/persistentvolumeclaims": "1",
        "fast.storageclass.storage.k8s.io/persistentvolumeclaims": "1",
        "fast.storageclass.storage.k8s.io/requests.storage": "1Gi",
        "persistentvolumeclaims": "1",
        "requests.storage": "1Gi",
    }


def covers(spec, **pod):
    return accounting.covers(spec, PODS, {"spec": {"containers": [{"name": "a"}], **pod}})


def test_scopes_select_pods():
    assert covers({})
    assert covers({"scopes": ["BestEffort", "NotTerminating"]})
    assert not covers({"scopes": ["NotBestEffort"]})
    assert covers({"scopes": ["Terminating"]}, activeDeadlineSeconds=5)
    chosen = {"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}
    assert covers({"scopeSelector": {"matchExpressions": [chosen]}}, priorityClassName="high")
    assert not covers({"scopeSelector": {"matchExpressions": [chosen]}})


def test_a_scoped_quota_covers_no_other_kind():
    maps = types.SimpleNamespace(group="", plural="configmaps")
    assert not accounting.covers({"scopes": ["BestEffort"]}, maps, {})


def test_what_containers_do_not_state_is_listed_by_resource():
    spec = {"containers": [{"name": "b"}, {"name": "a"}, {"name": "c", "resources": {"requests": {"cpu": "1"}}}]}
    assert accounting.missing(spec, ["requests.cpu", "limits.cpu", "pods"]) == (
        "limits.cpu for: a,b,c; requests.cpu for: a,b"
    )
