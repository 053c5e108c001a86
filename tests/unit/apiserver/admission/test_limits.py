import pytest
from admission_registry import asked, build, named, pod

from pyk3s.api import status
from pyk3s.apiserver.admission import chain, limits


def container(**resources):
    return {"name": "main", "image": "app:1", "resources": resources}


def problems(made, **limit):
    return limits.pod_problems(made, [{"type": "Container", **limit}])


def test_missing_resources_are_filled_in_and_told():
    made = pod(container(requests={"cpu": "1"}), initContainers=[{"name": "first"}])
    limits.complete(made, [{"type": "Container", "default": {"memory": "1Gi"}, "defaultRequest": {"cpu": "50m"}}])
    assert made["spec"]["containers"][0]["resources"] == {"requests": {"cpu": "1"}, "limits": {"memory": "1Gi"}}
    assert made["metadata"]["annotations"][limits.ANNOTATION] == (
        "LimitRanger plugin set: memory limit for container main; "
        "cpu request for init container first; memory limit for init container first"
    )


def test_a_pod_that_states_everything_is_not_annotated():
    made = pod(container(limits={"cpu": "1"}))
    limits.complete(made, [{"type": "Container", "default": {"cpu": "2"}}])
    assert "annotations" not in made["metadata"]


@pytest.mark.parametrize(
    ("resources", "limit", "told"),
    [
        ({"limits": {"cpu": "2"}}, {"max": {"cpu": "1"}}, "maximum cpu usage per Container is 1, but limit is 2"),
        ({}, {"max": {"cpu": "1"}}, "maximum cpu usage per Container is 1.  No limit is specified"),
        (
            {"limits": {"cpu": "1"}, "requests": {"cpu": "2"}},
            {"max": {"cpu": "1"}},
            "maximum cpu usage per Container is 1, but request is 2",
        ),
        ({"requests": {"cpu": "1"}}, {"min": {"cpu": "2"}}, "minimum cpu usage per Container is 2, but request is 1"),
        ({}, {"min": {"cpu": "2"}}, "minimum cpu usage per Container is 2.  No request is specified"),
        (
            {"requests": {"cpu": "1"}, "limits": {"cpu": "3"}},
            {"maxLimitRequestRatio": {"cpu": "2"}},
            "cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000",
        ),
        (
            {"limits": {"cpu": "3"}},
            {"maxLimitRequestRatio": {"cpu": "2"}},
            "cpu max limit to request ratio per Container is 2, but no request is specified or request is 0",
        ),
    ],
)
def test_what_leaves_its_bounds_is_told(resources, limit, told):
    assert problems(pod(container(**resources)), **limit) == [told]


def test_what_keeps_its_bounds_is_not():
    fitting = container(requests={"cpu": "1"}, limits={"cpu": "2"})
    assert not problems(pod(fitting), min={"cpu": "1"}, max={"cpu": "2000m"}, maxLimitRequestRatio={"cpu": "2"})


def test_a_pod_is_bounded_as_a_whole():
    made = pod(container(limits={"cpu": "1"}), container(limits={"cpu": "1"}))
    assert limits.pod_problems(made, [{"type": "Pod", "max": {"cpu": "1500m"}}]) == [
        "maximum cpu usage per Pod is 1500m, but limit is 2"
    ]


def test_a_claim_is_bounded_by_its_request():
    claim = {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}
    assert limits.claim_problems(claim, [{"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}}]) == [
        "maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi"
    ]


def test_only_the_limits_of_the_namespace_count():
    spec = {"limits": [{"type": "Container", "max": {"cpu": "1"}}]}
    registry = build(named("LimitRange", "b", namespace="other", spec=spec))
    plugin = limits.LimitRanger(registry)
    plugin.validate(asked(registry, "", "pods", pod()))
    registry = build(named("LimitRange", "b", namespace="shop", spec=spec))
    with pytest.raises(status.StatusError, match="No limit is specified") as refused:
        limits.LimitRanger(registry).validate(asked(registry, "", "pods", pod()))
    assert refused.value.code == 403


def test_updates_of_pods_are_not_looked_at_but_their_resizing_is():
    registry = build()
    pods = registry.catalog.find("", "v1", "pods")
    plugin = limits.LimitRanger(registry)
    assert not plugin.concerns(chain.UPDATE, pods, "")
    assert plugin.concerns(chain.UPDATE, pods, "resize")
