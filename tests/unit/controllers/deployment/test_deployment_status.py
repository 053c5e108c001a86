"""Claims about a Deployment's status."""

import msgspec

from pyk3s.controllers.deployment import status
from pyk3s.controllers.deployment.objects import Deployment
from pyk3s.controllers.objects import ReplicaSet, condition
from pyk3s.lib import timestamps

START = 1_700_000_000.0


def deployment(replicas: int = 3, conditions: list | None = None, **reported: object) -> Deployment:
    described = {
        "metadata": {"name": "web", "generation": 2},
        "spec": {"replicas": replicas, "progressDeadlineSeconds": 60, "strategy": {"rollingUpdate": {}}},
        "status": {"observedGeneration": 2, "conditions": conditions or [], **reported},
    }
    return msgspec.json.decode(msgspec.json.encode(described), type=Deployment)


def replica_set(available: int, replicas: int = 3) -> ReplicaSet:
    described = {
        "metadata": {"name": "web-1"},
        "spec": {"replicas": replicas},
        "status": {"replicas": replicas, "readyReplicas": available, "availableReplicas": available},
    }
    return msgspec.json.decode(msgspec.json.encode(described), type=ReplicaSet)


def progressing(made: status.DeploymentStatus) -> tuple[str, str, str]:
    found = condition(made.conditions, "Progressing")
    assert found is not None
    return found.status, found.reason, found.message


def test_a_complete_rollout_says_so() -> None:
    made = status.full(deployment(), replica_set(3), [], now=START)
    assert progressing(made) == (
        "True",
        "NewReplicaSetAvailable",
        'ReplicaSet "web-1" has successfully progressed.',
    )
    available = condition(made.conditions, "Available")
    assert available is not None and available.status == "True"
    assert (made.updated_replicas, made.available_replicas, made.unavailable_replicas) == (3, 3, 0)


def test_progress_renews_the_deadline() -> None:
    stamp = timestamps.rfc3339(START)
    old = [{"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated", "lastUpdateTime": stamp}]
    made = status.full(deployment(conditions=old, replicas=3), replica_set(1), [], now=START + 50)
    found = condition(made.conditions, "Progressing")
    assert found is not None and found.last_update_time == timestamps.rfc3339(START + 50)


def test_standing_still_past_the_deadline_is_told() -> None:
    stamp = timestamps.rfc3339(START)
    old = [{"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated", "lastUpdateTime": stamp}]
    stuck = deployment(conditions=old, replicas=3, updatedReplicas=3, readyReplicas=1, availableReplicas=1)
    early = status.full(stuck, replica_set(1), [], now=START + 30)
    assert progressing(early)[1] == "ReplicaSetUpdated"
    assert status.deadline_in(stuck, early, START + 30) == 31
    late = status.full(stuck, replica_set(1), [], now=START + 61)
    assert progressing(late) == (
        "False",
        "ProgressDeadlineExceeded",
        'ReplicaSet "web-1" has timed out progressing.',
    )
    assert status.deadline_in(stuck, late, START + 61) is None


def test_a_finished_rollout_does_not_become_late_when_a_pod_fails() -> None:
    old = [
        {
            "type": "Progressing",
            "status": "True",
            "reason": "NewReplicaSetAvailable",
            "lastUpdateTime": timestamps.rfc3339(START),
        }
    ]
    made = status.full(deployment(conditions=old, availableReplicas=3), replica_set(1), [], now=START + 500)
    assert progressing(made)[1] == "NewReplicaSetAvailable"


def test_too_few_available_pods_make_it_unavailable() -> None:
    made = status.full(deployment(4), replica_set(2, 4), [], now=START)
    available = condition(made.conditions, "Available")
    assert available is not None and (available.status, available.reason) == ("False", "MinimumReplicasUnavailable")


def test_a_status_that_says_the_same_is_the_same() -> None:
    first = status.full(deployment(), replica_set(3), [], now=START)
    again = deployment()
    again.status = first
    assert status.full(again, replica_set(3), [], now=START + 99) == first
