"""Pods on a real containerd, seen through their status."""

import pathlib

import pytest

pytestmark = pytest.mark.root
FOREVER = ["sh", "-c", "trap 'exit 0' TERM; while true; do sleep 0.1; done"]


def test_the_node_is_registered_ready_with_its_lease(play):
    node = play.api.objects["/api/v1/nodes/n1"]
    ready = next(each for each in node["status"]["conditions"] if each["type"] == "Ready")
    assert ready["status"] == "True"
    assert node["metadata"]["labels"]["kubernetes.io/hostname"] == "n1"
    lease = play.api.objects["/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1"]
    assert lease["spec"]["holderIdentity"] == "n1"


def test_a_pod_becomes_ready_with_an_address(play):
    play.create("web", {"containers": [{"name": "c", "command": FOREVER}]})
    play.until(lambda: play.ready("web"))
    status = play.status("web")
    assert status["phase"] == "Running"
    assert status["podIP"].startswith("10.197.")
    assert status["podIPs"] == [{"ip": status["podIP"]}]
    assert play.container("web")["started"] is True
    assert play.container("web")["containerID"].startswith("containerd://")


def test_init_containers_run_in_order_before_the_main_ones(play):
    volume = {"name": "shared", "mountPath": "/shared"}
    inits = [
        {"name": name, "command": ["sh", "-c", f"echo {name} >> /shared/order"], "volumeMounts": [volume]}
        for name in ("first", "second")
    ]
    play.create(
        "inits",
        {
            "restartPolicy": "Never",
            "initContainers": inits,
            "containers": [{"name": "c", "command": ["cat", "/shared/order"], "volumeMounts": [volume]}],
            "volumes": [{"name": "shared", "emptyDir": {}}],
        },
    )
    play.until(lambda: play.status("inits")["phase"] == "Succeeded")
    assert play.log("inits") == "first\nsecond\n"


def test_a_failed_init_container_fails_a_pod_that_is_never_restarted(play):
    play.create(
        "broken",
        {
            "restartPolicy": "Never",
            "initContainers": [{"name": "i", "command": ["false"]}],
            "containers": [{"name": "c", "command": FOREVER}],
        },
    )
    play.until(lambda: play.status("broken")["phase"] == "Failed")
    assert "waiting" in play.container("broken")["state"]


def test_a_sidecar_runs_beside_and_ends_after_the_main_containers(play):
    sidecar = {"name": "side", "restartPolicy": "Always", "command": FOREVER}
    main = {"name": "c", "command": ["sh", "-c", "sleep 0.5"]}
    play.create("sided", {"restartPolicy": "Never", "initContainers": [sidecar], "containers": [main]})
    play.until(lambda: play.status("sided")["phase"] == "Succeeded")
    side = play.status("sided")["initContainerStatuses"][0]
    play.until(lambda: "terminated" in play.status("sided")["initContainerStatuses"][0]["state"], str(side))


def test_a_crashing_container_backs_off_and_leaves_its_last_words(play):
    play.create(
        "crash", {"containers": [{"name": "c", "command": ["sh", "-c", "echo oh > /dev/termination-log; exit 7"]}]}
    )
    play.until(lambda: play.container("crash")["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff")
    ended = play.container("crash")["lastState"]["terminated"]
    assert (ended["exitCode"], ended["reason"], ended["message"]) == (7, "Error", "oh\n")
    assert play.container("crash")["restartCount"] == 1
    play.until(lambda: play.events("BackOff"))
    assert play.call("/containerLogs/default/crash/c?previous=true")[0] == 200


def test_restart_policies_decide_how_a_pod_ends(play):
    for policy, script, phase in (("Never", "exit 1", "Failed"), ("OnFailure", "exit 0", "Succeeded")):
        name = f"end-{policy.lower()}"
        play.create(name, {"restartPolicy": policy, "containers": [{"name": "c", "command": ["sh", "-c", script]}]})
        play.until(lambda name=name, phase=phase: play.status(name)["phase"] == phase)


def test_an_image_that_cannot_be_had_is_told(play):
    play.create("never", {"containers": [{"name": "c", "image": "docker.io/test/none:1", "imagePullPolicy": "Never"}]})
    play.until(lambda: play.container("never")["state"]["waiting"]["reason"] == "ErrImageNeverPull")
    play.create("bad", {"containers": [{"name": "c", "image": "Not/A:Name:x"}]})
    play.until(lambda: play.container("bad")["state"]["waiting"]["reason"] == "InvalidImageName")


def test_a_changed_image_replaces_the_container(play):
    play.create("swap", {"containers": [{"name": "c", "command": FOREVER}]})
    play.until(lambda: play.ready("swap"))
    before = play.container("swap")["containerID"]
    spec = play.pod("swap")["spec"]
    spec["containers"][0]["image"] = "test/busybox:1"  # another name of the same image
    play.do(play.api.patch("/api/v1/namespaces/default/pods/swap", {"metadata": {"generation": 2}, "spec": spec}))
    play.until(lambda: play.container("swap")["containerID"] != before and play.ready("swap"))
    assert play.container("swap")["restartCount"] == 1
    assert play.status("swap")["observedGeneration"] == 2


def test_a_failing_liveness_probe_restarts_the_container(play):
    probe = {"exec": {"command": ["test", "-e", "/alive"]}, "periodSeconds": 1, "failureThreshold": 1}
    script = "touch /alive; sleep 1; rm /alive; sleep 100"
    play.create("frail", {"containers": [{"name": "c", "command": ["sh", "-c", script], "livenessProbe": probe}]})
    play.until(lambda: play.container("frail")["restartCount"] == 1)
    assert play.events("Unhealthy")


def test_readiness_follows_its_probe_and_waits_for_the_startup_probe(play):
    container = {
        "name": "c",
        "command": ["sh", "-c", "sleep 0.5; touch /up; sleep 1; touch /ok; sleep 100"],
        "startupProbe": {"exec": {"command": ["test", "-e", "/up"]}, "periodSeconds": 1, "failureThreshold": 30},
        "readinessProbe": {"exec": {"command": ["test", "-e", "/ok"]}, "periodSeconds": 1},
    }
    play.create("slow", {"containers": [container]})
    play.until(lambda: "running" in play.container("slow")["state"])
    assert not play.ready("slow")
    play.until(lambda: play.ready("slow"))


def test_deletion_runs_pre_stop_and_leaves_nothing_behind(play, tmp_path):
    container = {
        "name": "c",
        "command": FOREVER,
        "lifecycle": {"preStop": {"exec": {"command": ["touch", "/host/stopped"]}}},
        "volumeMounts": [{"name": "host", "mountPath": "/host"}, {"name": "memory", "mountPath": "/memory"}],
    }
    volumes = [
        {"name": "host", "hostPath": {"path": str(tmp_path), "type": "Directory"}},
        {"name": "memory", "emptyDir": {"medium": "Memory"}},
    ]
    play.create("gone", {"containers": [container], "volumes": volumes})
    play.until(lambda: play.ready("gone"))
    uid = play.pod("gone")["metadata"]["uid"]
    play.delete("gone")
    play.until(lambda: not play.exists("gone"))
    assert (tmp_path / "stopped").exists()
    assert not (play.settings.pods_dir / uid).exists()
    assert uid not in pathlib.Path("/proc/self/mountinfo").read_text()
    assert not list(pathlib.Path("/sys/fs/cgroup").glob(f"*/kubepods/*/pod{uid}"))


def test_a_deadline_fails_the_pod(play):
    play.create("late", {"activeDeadlineSeconds": 1, "containers": [{"name": "c", "command": FOREVER}]})
    play.until(lambda: play.status("late")["phase"] == "Failed")
    assert play.status("late")["reason"] == "DeadlineExceeded"


def test_an_ephemeral_container_joins_a_running_pod(play):
    play.create("debugged", {"containers": [{"name": "c", "command": FOREVER}]})
    play.until(lambda: play.ready("debugged"))
    helper = {"name": "debug", "image": "test/busybox:1", "targetContainerName": "c", "command": ["ps"]}
    patch = {"metadata": {"generation": 2}, "spec": {"ephemeralContainers": [helper]}}
    play.do(play.api.patch("/api/v1/namespaces/default/pods/debugged", patch))
    play.until(lambda: "terminated" in play.status("debugged")["ephemeralContainerStatuses"][0]["state"])
    assert "trap" in play.log("debugged", "debug")
