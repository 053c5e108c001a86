from pyk3s.host.machine import Machine
from pyk3s.node import registration
from pyk3s.node.settings import NodeSettings

SETTINGS = NodeSettings("n1", "192.0.2.1", labels={"zone": "a"}, taints=("k=v:NoSchedule", "x:NoExecute"))
MACHINE = Machine(4, 8 * 1024**3, "m", "b", "s", "6.1", "Debian")


def facts(**changes):
    return registration.Facts(
        **{"machine": MACHINE, "disk_size": 1000 * 1024, "runtime": "containerd://1", "runtime_ready": True}
        | {"network_ready": True}
        | changes
    )


def condition(status, kind):
    return next(each for each in status["conditions"] if each["type"] == kind)


def test_a_new_node_has_labels_taints_and_addresses():
    made = registration.node(SETTINGS, facts(), now=0.0)
    assert made["metadata"]["labels"]["kubernetes.io/hostname"] == "n1"
    assert made["metadata"]["labels"]["zone"] == "a"
    assert made["spec"]["taints"] == [
        {"key": "k", "effect": "NoSchedule", "value": "v"},
        {"key": "x", "effect": "NoExecute"},
    ]
    assert made["status"]["addresses"][0] == {"type": "InternalIP", "address": "192.0.2.1"}
    assert made["status"]["capacity"]["memory"] == "8388608Ki"
    assert made["status"]["allocatable"]["ephemeral-storage"] == str(900 * 1024)


def test_an_existing_node_gets_only_what_it_lacks():
    present = registration.node(SETTINGS, facts(), now=0.0)
    assert registration.metadata_changes(SETTINGS, present) == {}
    del present["metadata"]["labels"]["zone"]
    assert registration.metadata_changes(SETTINGS, present) == {"metadata": {"labels": {"zone": "a"}}}


def test_readiness_tells_what_is_missing():
    made = registration.status(SETTINGS, facts(network_ready=False, why_not="no network"), {}, now=0.0)
    ready = condition(made, "Ready")
    assert (ready["status"], ready["reason"], ready["message"]) == ("False", "KubeletNotReady", "no network")


def test_transitions_keep_their_time_and_heartbeats_are_no_change():
    first = registration.status(SETTINGS, facts(), {}, now=0.0)
    later = registration.status(SETTINGS, facts(), first, now=60.0)
    assert condition(later, "Ready")["lastTransitionTime"] == condition(first, "Ready")["lastTransitionTime"]
    assert registration.is_same(first, later)
    assert not registration.is_same(first, registration.status(SETTINGS, facts(disk_full=True), first, now=60.0))


def test_the_largest_images_are_shown_with_their_names():
    held = [{"id": str(size), "repo_tags": [f"i:{size}"], "size": size} for size in range(60)]
    shown = registration.shown_images([*held, {"id": "x", "size": 999}])
    assert shown[0] == {"names": ["i:59"], "sizeBytes": 59}
    assert len(shown) == 49  # fifty at most, and one of them has no name


def test_dns_names_of_a_node_are_told_with_its_addresses():
    settings = NodeSettings("n", "192.0.2.1", internal_dns=("n.lan",), external_dns=("n.example",))
    told = {each["type"]: each["address"] for each in registration.addresses(settings)}
    assert (told["InternalDNS"], told["ExternalDNS"]) == ("n.lan", "n.example")
