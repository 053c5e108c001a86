from making import container, pod, ran, seen

from pyk3s.node.pods.crashes import CrashBackoff
from pyk3s.node.pods.planning import Situation, Start, Verdict, decide, next_attempt

NOW = 1000.0


def plan(pod, seen, *, verdicts=None, backoff=None, now=NOW):
    return decide(Situation(pod, seen, backoff or CrashBackoff(), verdicts or {}, now))


def starts(decision):
    return [each.name for each in decision.starts]


def test_a_new_pod_gets_a_sandbox_first():
    decision = plan(pod(), seen(sandbox=False))
    assert decision.make_sandbox
    assert decision.sandbox_attempt == 0
    assert not decision.starts


def test_containers_start_in_a_ready_sandbox():
    assert starts(plan(pod([container("a"), container("b")]), seen())) == ["a", "b"]


def test_a_running_pod_needs_nothing():
    assert plan(pod(), seen(ran())).nothing


def test_a_sandbox_without_an_address_is_replaced_unless_the_pod_uses_the_host_network():
    assert plan(pod(), seen(ips=())).make_sandbox
    assert not plan(pod(hostNetwork=True), seen(ips=())).make_sandbox


def test_a_dead_sandbox_is_replaced_with_the_next_attempt_and_takes_its_containers_along():
    decision = plan(pod(), seen(ran(), ready=False))
    assert (decision.make_sandbox, decision.sandbox_attempt) == (True, 1)
    assert [kill.container.id for kill in decision.kills] == ["c-0"]


def test_a_pod_that_is_never_restarted_ends_with_its_sandbox():
    assert plan(pod(restartPolicy="Never"), seen(ran(state="exited", code=137), ready=False)).stop_pod


def test_init_containers_run_one_after_another():
    both = pod(initContainers=[container("i"), container("j")])
    assert starts(plan(both, seen())) == ["i"]
    assert plan(both, seen(ran("i"))).nothing
    assert starts(plan(both, seen(ran("i", "exited")))) == ["j"]
    assert starts(plan(both, seen(ran("i", "exited"), ran("j", "exited")))) == ["c"]


def test_a_failed_init_container_is_tried_again_or_ends_the_pod():
    failed = seen(ran("i", "exited", code=1))
    assert starts(plan(pod(initContainers=[container("i")]), failed)) == ["i"]
    assert plan(pod(initContainers=[container("i")], restartPolicy="Never"), failed).stop_pod


def test_init_containers_are_not_repeated_when_a_main_container_restarts():
    both = pod(initContainers=[container("i")])
    assert starts(plan(both, seen(ran("i", "exited"), ran(state="exited", code=1)))) == ["c"]
    assert starts(plan(both, seen(ran(state="exited", code=1)))) == ["c"]


def test_a_new_sandbox_initialises_anew():
    both = pod(initContainers=[container("i")])
    old = seen(ran("i", "exited", sandbox="old"), ran(state="exited", sandbox="old"))
    assert plan(both, old).starts == (Start("i", "init", 1),)


def test_main_containers_wait_for_a_sidecar_to_start_but_not_to_end():
    sidecar = container("side", restartPolicy="Always")
    sided = pod(initContainers=[sidecar])
    assert starts(plan(sided, seen())) == ["side"]
    assert starts(plan(sided, seen(ran("side")))) == ["c"]
    probed = pod(initContainers=[{**sidecar, "startupProbe": {}}])
    assert plan(probed, seen(ran("side"))).nothing
    assert starts(plan(probed, seen(ran("side")), verdicts={"side-0": Verdict(started=True)})) == ["c"]


def test_a_sidecar_that_ended_is_started_again_beside_running_containers():
    sided = pod(initContainers=[container("side", restartPolicy="Always")], restartPolicy="Never")
    assert starts(plan(sided, seen(ran("side", "exited"), ran()))) == ["side"]


def test_a_pod_is_over_when_its_main_containers_are_whatever_its_sidecars_do():
    sided = pod(initContainers=[container("side", restartPolicy="Always")], restartPolicy="Never")
    assert plan(sided, seen(ran("side"), ran(state="exited"))).stop_pod


def test_restart_policies():
    for policy, code, again in (
        ("Always", 0, True),
        ("OnFailure", 0, False),
        ("OnFailure", 1, True),
        ("Never", 1, False),
    ):
        decision = plan(pod(restartPolicy=policy), seen(ran(state="exited", code=code)))
        assert (starts(decision) == ["c"]) is again
        assert decision.stop_pod is not again


def test_a_containers_own_policy_and_rules_win():
    rules = [{"action": "Restart", "exitCodes": {"operator": "In", "values": [42]}}]
    ruled = pod([container(restartPolicy="Never", restartPolicyRules=rules)])
    assert starts(plan(ruled, seen(ran(state="exited", code=42)))) == ["c"]
    assert plan(ruled, seen(ran(state="exited", code=1))).stop_pod


def test_a_crashing_container_waits_for_its_back_off():
    backoff = CrashBackoff()
    backoff.restarted("c", 989.0, 990.0)
    decision = plan(pod(), seen(ran(state="exited", code=1, attempt=1, finished=995.0)), backoff=backoff)
    assert decision.nothing
    assert decision.waiting == {"c": 10.0}
    assert decision.resume_at == 1005.0


def test_a_container_is_replaced_when_its_image_changes():
    changed = pod([{"name": "c", "image": "busybox:2"}])
    assert plan(changed, seen(ran())).kills[0].why == "Container c definition changed, will be restarted"


def test_failed_probes_kill():
    assert "liveness" in plan(pod(), seen(ran()), verdicts={"c-0": Verdict(True, False)}).kills[0].why
    assert "startup" in plan(pod(), seen(ran()), verdicts={"c-0": Verdict(started=False)}).kills[0].why
    assert plan(pod(), seen(ran()), verdicts={"c-0": Verdict(True, True, False)}).nothing


def test_a_container_that_was_only_created_is_made_again_with_the_same_count():
    assert plan(pod(), seen(ran(state="created", attempt=2))).starts == (Start("c", "main", 2),)


def test_ephemeral_containers_run_once():
    debugged = pod(ephemeralContainers=[container("d")])
    assert starts(plan(debugged, seen(ran()))) == ["d"]
    assert plan(debugged, seen(ran(), ran("d", "exited", code=1))).nothing


def test_restart_counts_go_on_from_what_the_api_remembers():
    told = {"containerStatuses": [{"name": "c", "restartCount": 4, "containerID": "containerd://gone"}]}
    assert next_attempt(pod(status=told), "c", None) == 5
    assert next_attempt(pod(), "c", None) == 0
