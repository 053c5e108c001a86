"""Claims about which pods a ReplicaSet removes, makes and counts."""

import msgspec

from pyk3s.controllers.objects import Pod, ReplicaSet
from pyk3s.controllers.replicaset import decide
from pyk3s.lib import timestamps

NOW = 1_700_000_000.0


def pod(
    name: str, *, node: str = "n", phase: str = "Running", ready_s: float | None = 100, cost: str = "", **more: object
) -> Pod:
    conditions = []
    if ready_s is not None:
        conditions = [{"type": "Ready", "status": "True", "lastTransitionTime": timestamps.rfc3339(NOW - ready_s)}]
    annotations = {"controller.kubernetes.io/pod-deletion-cost": cost} if cost else {}
    made = timestamps.rfc3339(NOW - 1000)
    described = {
        "metadata": {"name": name, "creationTimestamp": made, "annotations": annotations, **more},
        "spec": {"nodeName": node},
        "status": {"phase": phase, "conditions": conditions},
    }
    return msgspec.convert(described, Pod)


def first_to_go(*candidates: Pod) -> str:
    return decide.removal_order(candidates, NOW)[0].metadata.name


def test_batches_double() -> None:
    assert list(decide.slow_start(10)) == [1, 2, 4, 3]
    assert list(decide.slow_start(0)) == []
    assert sum(decide.slow_start(2000)) == 500


def test_what_hurts_least_goes_first() -> None:
    good = pod("good")
    assert first_to_go(good, pod("homeless", node="")) == "homeless"
    assert first_to_go(good, pod("starting", node="m", phase="Pending")) == "starting"
    assert first_to_go(good, pod("unready", node="m", ready_s=None)) == "unready"
    assert first_to_go(pod("dear", cost="10"), pod("cheap", node="m", cost="-5")) == "cheap"
    assert first_to_go(pod("alone", node="m"), good, pod("crowded")) in ("good", "crowded")
    assert first_to_go(good, pod("fresh", node="m", ready_s=1)) == "fresh"


def replica_set(min_ready_s: int = 0, replicas: int = 3) -> ReplicaSet:
    described = {"metadata": {"generation": 4}, "spec": {"replicas": replicas, "minReadySeconds": min_ready_s}}
    return msgspec.json.decode(msgspec.json.encode(described), type=ReplicaSet)


def test_finished_and_leaving_pods_are_no_replicas() -> None:
    owned = [pod("a"), pod("done", phase="Succeeded"), pod("leaving", deletionTimestamp=timestamps.rfc3339(NOW))]
    made, again = decide.status(replica_set(), owned, {}, NOW, "")
    assert (made.replicas, made.ready_replicas, made.terminating_replicas, again) == (1, 1, 1, None)
    assert made.observed_generation == 4


def test_a_pod_becomes_available_by_time() -> None:
    made, again = decide.status(replica_set(30), [pod("young", ready_s=10), pod("old", ready_s=31)], {}, NOW, "")
    assert (made.ready_replicas, made.available_replicas, again) == (2, 1, 20)


def test_a_failure_becomes_a_condition_and_goes_again() -> None:
    subject = replica_set()
    failed, _ = decide.status(subject, [], {}, NOW, "quota exceeded")
    assert [(each.type, each.reason, each.message) for each in failed.conditions] == [
        ("ReplicaFailure", "FailedCreate", "quota exceeded")
    ]
    subject.status = failed
    assert decide.status(subject, [], {}, NOW + 9, "quota exceeded")[0] == failed
    assert decide.status(subject, [], {}, NOW, "")[0].conditions == []
