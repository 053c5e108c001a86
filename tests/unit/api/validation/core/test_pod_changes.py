"""Pods that exist: images, shorter deadlines and more tolerations; nothing else."""

from typing import Any

JSON = dict[str, Any]
FIRST = {"key": "a", "operator": "Exists", "effect": "NoExecute"}


def pod(image: str = "app:1", **spec: Any) -> JSON:
    return {"spec": {"containers": [{"name": "main", "image": image}], **spec}}


def test_an_image_may_change(said_of_update) -> None:
    assert said_of_update("pods", pod(), pod("app:2")) == []


def test_other_fields_may_not_and_the_message_shows_which(said_of_update) -> None:
    (found,) = said_of_update("pods", pod(), pod(nodeSelector={"a": "b"}))
    assert found.startswith("spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`")
    assert '\n@@ -1,0 +1,1 @@\n+nodeSelector: {"a":"b"}\n' in found


def test_containers_are_neither_added_nor_removed(said_of_update) -> None:
    more = pod()
    more["spec"]["containers"].append({"name": "b", "image": "x"})
    assert said_of_update("pods", pod(), more) == [
        "spec.containers: Forbidden: pod updates may not add or remove containers"
    ]


def test_a_deadline_may_come_nearer_only(said_of_update) -> None:
    assert said_of_update("pods", pod(activeDeadlineSeconds=60), pod(activeDeadlineSeconds=30)) == []
    (later,) = said_of_update("pods", pod(activeDeadlineSeconds=30), pod(activeDeadlineSeconds=60))
    assert later.endswith("must be less than or equal to previous value")
    (none,) = said_of_update("pods", pod(activeDeadlineSeconds=30), pod())
    assert none.endswith("must not update from a positive integer to nil value")


def test_tolerations_may_be_added_and_timed(said_of_update) -> None:
    timed = {**FIRST, "tolerationSeconds": 5}
    assert said_of_update("pods", pod(tolerations=[FIRST]), pod(tolerations=[timed, {"operator": "Exists"}])) == []
    (found,) = said_of_update("pods", pod(tolerations=[FIRST]), pod())
    assert found.endswith("existing toleration can not be modified except its tolerationSeconds")


def test_gates_are_only_removed(said_of_update) -> None:
    gated = pod(schedulingGates=[{"name": "a"}])
    assert said_of_update("pods", gated, pod()) == []
    (found,) = said_of_update("pods", pod(), gated)
    assert found.endswith("only deletion is allowed, but found new scheduling gate 'a'")


def test_a_gated_pod_may_be_directed(said_of_update) -> None:
    gates = [{"name": "a"}]
    directed = pod(schedulingGates=gates, nodeSelector={"zone": "z"})
    assert said_of_update("pods", pod(schedulingGates=gates), directed) == []


def test_ephemeral_containers_are_added_and_stay(said_of_update) -> None:
    looking = pod(ephemeralContainers=[{"name": "e", "image": "x"}])
    assert said_of_update("pods", pod(), looking, "ephemeralcontainers") == []
    (found,) = said_of_update("pods", looking, pod(), "ephemeralcontainers")
    assert 'existing ephemeral containers "e" may not be removed' in found


def test_an_ephemeral_container_cannot_bring_ports(said_of_update) -> None:
    looking = pod(ephemeralContainers=[{"name": "e", "image": "x", "ports": [{"containerPort": 1}]}])
    assert said_of_update("pods", pod(), looking, "ephemeralcontainers") == [
        "spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container"
    ]


def test_a_container_that_ended_for_good_stays_ended(said_of_update) -> None:
    ended = {"containerStatuses": [{"name": "main", "state": {"terminated": {"exitCode": 0}}}]}
    again = {"containerStatuses": [{"name": "main", "state": {"running": {}}}]}
    old, new = ({**pod(restartPolicy="OnFailure"), "status": status} for status in (ended, again))
    (found,) = said_of_update("pods", old, new, "status")
    assert found == "status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"


def test_a_pod_has_one_address_of_each_family(said_of_update) -> None:
    status = {"podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}]}
    (found,) = said_of_update("pods", pod(), {**pod(), "status": status}, "status")
    assert found.endswith("may specify no more than one IP for each IP family")
