"""What classes give to the objects that name them, or name none: runtime, priority, storage and ingress classes."""

import pytest
from admission_registry import asked, build, named, pod

from pyk3s.api import status
from pyk3s.apiserver.admission import ingresses, pods, runtime_classes, storage

OVERHEAD = {"cpu": "250m"}
SANDBOX = named(
    "RuntimeClass",
    "box",
    api="node.k8s.io/v1",
    handler="box",
    overhead={"podFixed": OVERHEAD},
    scheduling={"nodeSelector": {"box": "yes"}, "tolerations": [{"key": "box"}]},
)


def mutated(plugin, registry, obj, group="", plural="pods", **options):
    attributes = asked(registry, group, plural, obj, **options)
    plugin.mutate(attributes)
    return obj["spec"]


def test_a_runtime_class_gives_overhead_and_place():
    registry = build(SANDBOX)
    made = pod(runtimeClassName="box", nodeSelector={"disk": "ssd"}, tolerations=[{"key": "a"}])
    spec = mutated(runtime_classes.RuntimeClasses(registry), registry, made)
    assert spec["overhead"] == OVERHEAD
    assert spec["nodeSelector"] == {"disk": "ssd", "box": "yes"}
    assert spec["tolerations"] == [{"key": "a"}, {"key": "box"}]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"runtimeClassName": "ghost"}, 'pod rejected: RuntimeClass "ghost" not found'),
        ({"runtimeClassName": "box", "overhead": {"cpu": "1"}}, runtime_classes.MISMATCH),
        (
            {"runtimeClassName": "box", "nodeSelector": {"box": "no"}},
            "conflict: runtimeClass.scheduling.nodeSelector[box] = yes; pod.spec.nodeSelector[box] = no",
        ),
    ],
)
def test_a_pod_that_does_not_fit_its_runtime_class_is_refused(spec, message):
    registry = build(SANDBOX)
    with pytest.raises(status.StatusError) as refused:
        mutated(runtime_classes.RuntimeClasses(registry), registry, pod(**spec))
    assert refused.value.message == f'pods "web" is forbidden: {message}'


def test_overhead_without_a_runtime_class_is_refused():
    registry = build()
    with pytest.raises(status.StatusError, match="without corresponding RuntimeClass"):
        runtime_classes.RuntimeClasses(registry).validate(asked(registry, "", "pods", pod(overhead=OVERHEAD)))


def test_tolerations_that_others_include_are_left_out():
    wide, narrow = {"operator": "Exists"}, {"key": "a", "value": "b", "effect": "NoExecute"}
    assert runtime_classes.merged_tolerations([narrow], [wide]) == [wide]
    assert runtime_classes.merged_tolerations([narrow], [narrow.copy()]) == [narrow]


def priority(name, value, **rest):
    return named("PriorityClass", name, api="scheduling.k8s.io/v1", value=value, **rest)


def test_a_priority_class_becomes_a_number():
    registry = build(priority("high", 100, preemptionPolicy="Never"))
    spec = mutated(pods.Priority(registry), registry, pod(priorityClassName="high"))
    assert (spec["priority"], spec["preemptionPolicy"]) == (100, "Never")


def test_a_pod_without_priority_class_gets_the_default_one():
    registry = build(priority("a", 7, globalDefault=True), priority("b", 5, globalDefault=True))
    spec = mutated(pods.Priority(registry), registry, pod())
    assert (spec["priorityClassName"], spec["priority"]) == ("b", 5)


def test_an_update_keeps_the_priority_that_the_class_had():
    registry = build(priority("high", 200))
    spec = mutated(pods.Priority(registry), registry, pod(priorityClassName="high"), old=pod(priority=100))
    assert spec["priority"] == 100


def test_only_one_priority_class_is_the_default():
    registry = build(priority("a", 7, globalDefault=True))
    plugin = pods.OneDefaultPriority(registry)
    second = priority("b", 5, globalDefault=True)
    with pytest.raises(status.StatusError, match="PriorityClass a is already marked as default"):
        plugin.validate(asked(registry, "scheduling.k8s.io", "priorityclasses", second))


def storage_class(name, *, default=True, created="2026-01-01T00:00:00Z", **rest):
    marks = {storage.DEFAULT: "true"} if default else {}
    metadata = {"annotations": marks, "creationTimestamp": created}
    return named("StorageClass", name, api="storage.k8s.io/v1", metadata=metadata, **rest)


def claim(size="1Gi", phase="Bound", **spec):
    wanted = {"resources": {"requests": {"storage": size}}, **spec}
    return named("PersistentVolumeClaim", "data", namespace="shop", spec=wanted, status={"phase": phase})


def test_a_claim_gets_the_newest_default_class():
    registry = build(
        storage_class("a"), storage_class("b", created="2026-02-01T00:00:00Z"), storage_class("c", default=False)
    )
    plugin = storage.DefaultStorageClass(registry)
    assert mutated(plugin, registry, claim(), plural="persistentvolumeclaims")["storageClassName"] == "b"


def test_a_claim_that_wants_no_class_gets_none():
    registry = build(storage_class("a"))
    plugin = storage.DefaultStorageClass(registry)
    stated = claim(storageClassName="")
    assert mutated(plugin, registry, stated, plural="persistentvolumeclaims")["storageClassName"] == ""


@pytest.mark.parametrize(
    ("old", "message"), [(claim(phase="Pending"), storage.UNBOUND), (claim(storageClassName="fixed"), storage.FIXED)]
)
def test_what_cannot_grow_does_not(old, message):
    registry = build(storage_class("fixed"))
    with pytest.raises(status.StatusError, match=message):
        storage.ClaimResize(registry).validate(
            asked(registry, "", "persistentvolumeclaims", claim("2Gi", storageClassName="fixed"), old=old)
        )


def test_a_bound_claim_of_a_growing_class_grows():
    registry = build(storage_class("grows", allowVolumeExpansion=True))
    new, old = (claim(size, storageClassName="grows") for size in ("2Gi", "1Gi"))
    storage.ClaimResize(registry).validate(asked(registry, "", "persistentvolumeclaims", new, old=old))


def test_an_ingress_gets_the_default_class_unless_it_names_one():
    marked = {"annotations": {ingresses.DEFAULT: "true"}}
    registry = build(named("IngressClass", "main", api="networking.k8s.io/v1", metadata=marked))
    plugin = ingresses.DefaultIngressClass(registry)

    def class_of(metadata, **spec):
        made = named("Ingress", "web", api="networking.k8s.io/v1", namespace="shop", metadata=metadata, spec=spec)
        return mutated(plugin, registry, made, "networking.k8s.io", "ingresses").get("ingressClassName")

    assert class_of({}) == "main"
    assert class_of({}, ingressClassName="own") == "own"
    assert class_of({"annotations": {ingresses.CLASS_ANNOTATION: "old"}}) is None


def test_a_pod_on_a_node_is_labelled_with_its_zone():
    node = named("Node", "n1", metadata={"labels": {"topology.kubernetes.io/zone": "z", "other": "x"}})
    registry = build(node)
    binding = {"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n1"}}
    for made, subresource in ((pod(nodeName="n1"), ""), (binding, "binding")):
        pods.TopologyLabels(registry).mutate(asked(registry, "", "pods", made, subresource=subresource))
        assert made["metadata"]["labels"] == {"topology.kubernetes.io/zone": "z"}
