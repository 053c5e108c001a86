"""Plug-ins that are off by default."""

import pytest
from admission_registry import asked, build, named, pod

from pyk3s.api import status
from pyk3s.apiserver.admission import event_rate_limit, optional


def seen(plugin, obj, plural="pods", *, old=None):
    """The object as the plug-in leaves it."""
    attributes = asked(build(), "", plural, obj, old=old)
    assert plugin.concerns(attributes.operation, attributes.resource, "")
    plugin.mutate(attributes)
    plugin.validate(attributes)
    return attributes.object


def policies(obj):
    return [each.get("imagePullPolicy") for each in obj["spec"]["containers"]]


def container(image, **more):
    return {"name": image.partition(":")[0], "image": image, **more}


def test_images_are_always_pulled():
    found = seen(optional.AlwaysPullImages(), pod(container("a:1", imagePullPolicy="Never"), container("b:1")))
    assert policies(found) == ["Always", "Always"]


def test_pods_that_get_no_new_image_stay_as_they_are():
    old = pod(container("a:1", imagePullPolicy="Never"))
    assert policies(seen(optional.AlwaysPullImages(), old, old=old)) == ["Never"]


def test_a_webhook_cannot_take_the_policy_back():
    attributes = asked(build(), "", "pods", pod(container("a:1", imagePullPolicy="Never")))
    with pytest.raises(status.StatusError, match=r"spec.containers\[0\].imagePullPolicy"):
        optional.AlwaysPullImages().validate(attributes)


def test_pods_tolerate_the_taint_of_the_devices_they_ask_for():
    wants = {"resources": {"limits": {"example.com/gpu": "1", "cpu": "1"}}}
    found = seen(optional.ExtendedResourceToleration(), pod(container("a:1", **wants)))
    assert found["spec"]["tolerations"] == [{"key": "example.com/gpu", "operator": "Exists"}]


def apart(key):
    term = {"topologyKey": key}
    return {"podAntiAffinity": {optional.REQUIRED: [term]}}


def test_pods_may_claim_a_node_and_no_zone_for_themselves():
    plugin = optional.LimitPodHardAntiAffinityTopology()
    seen(plugin, pod(affinity=apart(optional.HOST_NAME)))
    with pytest.raises(status.StatusError, match="but only key"):
        seen(plugin, pod(affinity=apart("topology.kubernetes.io/zone")))


def test_services_take_no_more_external_addresses():
    plugin, old = optional.DenyServiceExternalIPs(), named("Service", "s", spec={"externalIPs": ["1.2.3.4"]})
    seen(plugin, old, "services", old=old)
    with pytest.raises(status.StatusError, match="external IPs is denied"):
        seen(plugin, old, "services")


def test_nothing_is_written_where_there_is_no_namespace():
    plugin = optional.NamespaceExists(build())
    with pytest.raises(status.StatusError) as refusal:
        plugin.validate(asked(build(), "", "pods", pod()))
    assert refusal.value.code == 404
    there = build(named("Namespace", "shop"))
    optional.NamespaceExists(there).validate(asked(there, "", "pods", pod()))


class Time:
    now = 0.0

    def __call__(self):
        return self.now


def event(user="alice", namespace="shop", component="kubelet"):
    obj = named("Event", "e", namespace=namespace, source={"component": component}, involvedObject={"name": "p"})
    attributes = asked(build(), "", "events", obj)
    attributes.user = type(attributes.user)(user)
    return attributes


def limited(kind, **more):
    time = Time()
    return time, event_rate_limit.EventRateLimit((event_rate_limit.Limit(kind, 1, 2, **more),), time)


def codes(plugin, *events):
    found = []
    for each in events:
        try:
            plugin.validate(each)
            found.append(201)
        except status.StatusError as error:
            found.append(error.code)
    return found


def test_events_beyond_the_burst_come_back_later():
    time, plugin = limited("Server")
    assert codes(plugin, *[event()] * 3) == [201, 201, 429]
    time.now = 1.0
    assert codes(plugin, *[event()] * 2) == [201, 429]


@pytest.mark.parametrize(
    ("kind", "other"),
    [("Namespace", {"namespace": "b"}), ("User", {"user": "bob"}), ("SourceAndObject", {"component": "scheduler"})],
)
def test_each_key_has_a_bucket_of_its_own(kind, other):
    _, plugin = limited(kind)
    assert codes(plugin, *[event()] * 3, event(**other)) == [201, 201, 429, 201]


def test_only_so_many_buckets_are_kept():
    _, plugin = limited("User", cache_size=2)
    codes(plugin, *(event(user=f"u{number}") for number in range(10)))
    assert len(plugin._buckets[0]._buckets) == 2


def test_a_dry_run_takes_no_token():
    _, plugin = limited("Server")
    dry = event()
    dry.dry_run = True
    assert codes(plugin, *[dry] * 5, event(), event()) == [201] * 7
