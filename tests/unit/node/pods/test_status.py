import pytest
from making import container, pod, ran, seen

from pyk3s.node.pods import status
from pyk3s.node.pods.container_status import Trouble, View
from pyk3s.node.pods.planning import Verdict

HOST = ("192.0.2.1",)


def view(pod, seen, *, verdicts=None, troubles=None, waiting=None, messages=None, ended=False):
    return View(pod, seen, verdicts or {}, troubles or {}, waiting or {}, messages or {}, ended=ended)


def build(pod, seen, *, verdict=None, now=1000.0, **rest):
    return status.build(view(pod, seen, **rest), now=now, host_ips=HOST, verdict=verdict)


def condition(built, kind):
    found = next(each for each in built["conditions"] if each["type"] == kind)
    return found["status"], found.get("reason")


def test_a_pod_without_a_sandbox_is_pending():
    built = build(pod(), seen(sandbox=False))
    assert built["phase"] == "Pending"
    assert built["containerStatuses"][0]["state"] == {"waiting": {"reason": "ContainerCreating"}}
    assert condition(built, "PodReadyToStartContainers") == ("False", None)
    assert condition(built, "Ready") == ("False", "ContainersNotReady")
    assert built["startTime"] == "1970-01-01T00:16:40Z"
    assert "podIP" not in built


def test_a_running_pod_is_ready_with_its_addresses():
    built = build(pod(), seen(ran()))
    assert built["phase"] == "Running"
    assert condition(built, "Ready") == ("True", None)
    assert (built["podIP"], built["hostIP"]) == ("10.42.0.5", "192.0.2.1")
    shown = built["containerStatuses"][0]
    assert (shown["ready"], shown["started"], shown["containerID"]) == (True, True, "containerd://c-0")
    assert built["observedGeneration"] == 3


def test_with_the_host_network_the_pod_has_the_hosts_address():
    assert build(pod(hostNetwork=True), seen(ran(), ips=()))["podIP"] == "192.0.2.1"


def test_readiness_waits_for_its_probe_and_for_startup():
    probed = pod([container(readinessProbe={"exec": {}}, startupProbe={"exec": {}})])
    assert not build(probed, seen(ran()))["containerStatuses"][0]["ready"]
    starting = {"c-0": Verdict(None, None, True)}
    assert not build(probed, seen(ran()), verdicts=starting)["containerStatuses"][0]["ready"]
    up = {"c-0": Verdict(True, None, True)}
    assert build(probed, seen(ran()), verdicts=up)["containerStatuses"][0]["ready"]


def test_readiness_gates_hold_a_pod_back():
    gated = pod(readinessGates=[{"conditionType": "x/y"}])
    assert condition(build(gated, seen(ran())), "Ready") == ("False", "ReadinessGatesNotReady")
    gated.status = {"conditions": [{"type": "x/y", "status": "True"}]}
    assert condition(build(gated, seen(ran())), "Ready") == ("True", None)
    assert condition(build(gated, seen(ran())), "ContainersReady") == ("True", None)


@pytest.mark.parametrize(
    ("policy", "code", "phase"),
    [("Always", 0, "Running"), ("OnFailure", 1, "Running"), ("OnFailure", 0, "Succeeded"), ("Never", 1, "Failed")],
)
def test_phase_of_a_pod_whose_container_ended(policy, code, phase):
    assert build(pod(restartPolicy=policy), seen(ran(state="exited", code=code)))["phase"] == phase


def test_a_finished_pod_says_why_it_is_not_ready():
    built = build(pod(restartPolicy="Never"), seen(ran(state="exited")))
    assert condition(built, "Ready") == ("False", "PodCompleted")
    assert condition(built, "Initialized") == ("True", "PodCompleted")


def test_a_final_phase_stays():
    assert build(pod(status={"phase": "Failed"}), seen(ran()))["phase"] == "Failed"


def test_a_waiting_init_container_keeps_the_pod_pending():
    both = pod(initContainers=[container("i")])
    built = build(both, seen(ran("i")))
    assert built["phase"] == "Pending"
    assert condition(built, "Initialized") == ("False", "ContainersNotInitialized")
    assert built["containerStatuses"][0]["state"] == {"waiting": {"reason": "PodInitializing"}}
    assert build(both, seen(ran("i", "exited"), ran()))["phase"] == "Running"


def test_a_failed_init_container_fails_the_pod():
    both = pod(initContainers=[container("i")], restartPolicy="Never")
    assert build(both, seen(ran("i", "exited", code=1)))["phase"] == "Failed"


def test_back_off_and_last_words_are_shown():
    crashed = ran(state="exited", code=1, attempt=2, finished=990.0)
    shown = build(pod(), seen(crashed), waiting={"c": 80.0}, messages={"c-2": "oh"})["containerStatuses"][0]
    waiting = shown["state"]["waiting"]
    assert waiting["reason"] == "CrashLoopBackOff"
    assert waiting["message"].startswith("back-off 1m20s restarting failed container=c pod=web_default(")
    assert shown["lastState"]["terminated"]["message"] == "oh"
    assert shown["restartCount"] == 2


def test_what_keeps_a_container_from_starting_is_shown():
    trouble = {"c": Trouble("ErrImagePull", "no route")}
    shown = build(pod(), seen(), troubles=trouble)["containerStatuses"][0]
    assert shown["state"]["waiting"] == {"reason": "ErrImagePull", "message": "no route"}


def test_the_nodes_verdict_fails_the_pod():
    built = build(pod(), seen(ran()), verdict=status.Verdict("DeadlineExceeded", "too long"))
    assert (built["phase"], built["reason"], built["message"]) == ("Failed", "DeadlineExceeded", "too long")


def test_conditions_keep_the_time_of_their_last_change():
    first = build(pod(), seen(ran()), now=1000.0)
    later = build(pod(status=first), seen(ran()), now=2000.0)
    assert later["conditions"] == first["conditions"]
    gone = build(pod(status=first), seen(ran(state="exited", code=1)), now=3000.0)
    ready = next(each for each in gone["conditions"] if each["type"] == "Ready")
    assert ready["lastTransitionTime"] == "1970-01-01T00:50:00Z"


def test_a_patch_holds_only_what_differs():
    old = build(pod(), seen(ran()))
    assert status.patch(old, build(pod(status=old), seen(ran()))) == {}
    new = build(pod(status=old), seen(ran(state="exited", code=1)))
    assert set(status.patch(old, new)) == {"containerStatuses", "conditions"}


def test_a_patch_replaces_addresses_and_clears_reasons():
    old = build(pod(), seen(ran()))
    moved = status.patch(old, {**old, "podIP": "10.42.0.9", "podIPs": [{"ip": "10.42.0.9"}]})
    assert moved["podIPs"] == [{"ip": "10.42.0.9"}, {"$patch": "replace"}]
    held = [{"type": "Ready", "status": "False", "reason": "R", "message": "m"}]
    made = status.patch({"conditions": held}, {"conditions": [{"type": "Ready", "status": "True"}]})
    assert made["conditions"] == [{"type": "Ready", "status": "True", "reason": None, "message": None}]
