"""What containers may do."""

import pytest

pytestmark = pytest.mark.root


def test_users_groups_and_a_read_only_root(play):
    output = play.run_to_end(
        "user",
        "id -u; id -g; id -G; touch /x 2>/dev/null || echo read-only",
        securityContext={"runAsUser": 1000, "runAsGroup": 2000, "readOnlyRootFilesystem": True},
        pod={"securityContext": {"supplementalGroups": [3000]}},
    )
    assert output == "1000\n2000\n2000 3000\nread-only\n"


def test_capabilities_and_privileges(play):
    script = "grep -E 'CapEff|NoNewPrivs' /proc/self/status | awk '{print $2}'"
    dropped = play.run_to_end(
        "dropped",
        script,
        securityContext={"capabilities": {"drop": ["ALL"]}, "allowPrivilegeEscalation": False},
    )
    assert dropped == "0000000000000000\n1\n"
    added = play.run_to_end("added", script, securityContext={"capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN"]}})
    assert added == "0000000000001000\n0\n"


def test_a_privileged_container_sees_the_devices_of_the_host(play):
    assert int(play.run_to_end("mighty", "ls /dev | wc -l", securityContext={"privileged": True})) > 20


def test_root_is_refused_where_it_must_not_be(play):
    context = {"runAsNonRoot": True}
    play.create("rooted", {"containers": [{"name": "c", "command": ["true"], "securityContext": context}]})
    play.until(lambda: play.container("rooted")["state"]["waiting"]["reason"] == "CreateContainerConfigError")
    assert "image will run as root" in play.container("rooted")["state"]["waiting"]["message"]


def test_safe_sysctls_are_set_and_others_refused(play):
    safe = {"sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "80"}]}
    output = play.run_to_end(
        "tuned", "cat /proc/sys/net/ipv4/ip_unprivileged_port_start", pod={"securityContext": safe}
    )
    assert output == "80\n"
    unsafe = {"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}
    play.create("refused", {"securityContext": unsafe, "containers": [{"name": "c", "command": ["true"]}]})
    play.until(lambda: play.status("refused")["phase"] == "Failed")
    assert play.status("refused")["reason"] == "SysctlForbidden"


def test_limits_reach_the_control_groups(play):
    script = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null || "
    script += "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max"
    output = play.run_to_end("limited", script, resources={"limits": {"memory": "64Mi", "cpu": "500m"}})
    assert output.split()[0] == str(64 * 1024 * 1024)
    assert output.split()[1] == "50000"


def test_running_out_of_memory_is_told(play):
    script = "dd if=/dev/zero of=/dev/null bs=200M count=1"
    play.create(
        "hungry",
        {
            "restartPolicy": "Never",
            "containers": [{"name": "c", "command": ["sh", "-c", script], "resources": {"limits": {"memory": "20Mi"}}}],
        },
    )
    play.until(lambda: play.status("hungry")["phase"] == "Failed")
    assert play.container("hungry")["state"]["terminated"]["reason"] == "OOMKilled"


def test_processes_can_be_shared_and_the_host_network_used(play):
    shared = play.run_to_end("sharing", "ps | grep -c '[/]pause'", pod={"shareProcessNamespace": True})
    assert shared == "1\n"
    play.run_to_end("hosted", "true", pod={"hostNetwork": True})
    assert play.status("hosted")["podIP"] == "127.0.0.1"
