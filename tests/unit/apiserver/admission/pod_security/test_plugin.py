import pytest
from admission_registry import asked, build, named, pod

from pyk3s.api import status
from pyk3s.apiserver.admission.pod_security import levels, plugin


def namespace(**labels):
    marked = {f"{levels.PREFIX}{mode}": level for mode, level in labels.items()}
    return named("Namespace", "shop", metadata={"labels": marked})


def test_a_pod_that_breaks_what_is_enforced_is_refused():
    registry = build(namespace(enforce="baseline"))
    with pytest.raises(status.StatusError) as refused:
        plugin.PodSecurity(registry).validate(asked(registry, "", "pods", pod(hostNetwork=True)))
    assert refused.value.message == (
        'pods "web" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)'
    )


def test_a_template_is_warned_about():
    registry = build(namespace(warn="baseline"))
    made = named("Deployment", "web", api="apps/v1", namespace="shop", spec={"template": {"spec": {"hostPID": True}}})
    attributes = asked(registry, "apps", "deployments", made)
    plugin.PodSecurity(registry).validate(attributes)
    assert attributes.warnings == ['would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)']


def test_an_update_of_a_pod_is_looked_at_when_its_images_change():
    registry = build(namespace(enforce="baseline"))
    old = pod(hostNetwork=True)
    security = plugin.PodSecurity(registry)
    labelled = {"metadata": {**old["metadata"], "labels": {"a": "b"}}, "spec": old["spec"]}
    security.validate(asked(registry, "", "pods", labelled, old=old))
    renewed = pod({"name": "main", "image": "app:2"}, hostNetwork=True)
    with pytest.raises(status.StatusError, match="violates PodSecurity"):
        security.validate(asked(registry, "", "pods", renewed, old=old))


def test_a_namespace_with_bad_labels_is_refused_unless_they_were_there():
    registry = build()
    bad = namespace(enforce="loose")
    security = plugin.PodSecurity(registry)
    with pytest.raises(status.StatusError, match="must be one of privileged, baseline, restricted"):
        security.validate(asked(registry, "", "namespaces", bad))
    security.validate(asked(registry, "", "namespaces", bad, old=bad))


def test_a_namespace_made_stricter_is_told_of_its_pods():
    running = [
        named("Pod", name, namespace="shop", spec={"containers": [], "hostNetwork": True}) for name in ("a", "b")
    ]
    registry = build(*running)
    attributes = asked(registry, "", "namespaces", namespace(enforce="baseline"), old=namespace())
    plugin.PodSecurity(registry).validate(attributes)
    assert attributes.warnings == [
        'existing pods in namespace "shop" violate the new PodSecurity enforce level "baseline:latest"',
        "a (and 1 other pod): host namespaces",
    ]
