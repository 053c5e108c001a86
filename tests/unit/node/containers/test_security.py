import pytest
from making import container, pod

from pyk3s.node.containers import security


def of(context=None, pod_context=None, **rest):
    spec = container(securityContext=context or {})
    return security.of_container(pod([spec], securityContext=pod_context or {}, **rest), spec)


def test_the_containers_context_wins_over_the_pods():
    assert of({"runAsUser": 1}, {"runAsUser": 2, "runAsGroup": 3})["run_as_user"] == {"value": 1}
    assert of({}, {"runAsUser": 2, "runAsGroup": 3})["run_as_group"] == {"value": 3}
    assert of({"runAsUser": 0}, {"runAsUser": 2})["run_as_user"] == {"value": 0}


def test_groups_include_that_of_the_volumes():
    assert of(pod_context={"supplementalGroups": [5], "fsGroup": 6})["supplemental_groups"] == [5, 6]


def test_paths_are_masked_unless_privileged():
    assert "/proc/kcore" in of()["masked_paths"]
    assert "masked_paths" not in of({"privileged": True})


def test_seccomp_profiles():
    assert of()["seccomp"] == {"profile_type": 1}
    assert of(pod_context={"seccompProfile": {"type": "RuntimeDefault"}})["seccomp"] == {"profile_type": 0}
    spec = container(securityContext={"seccompProfile": {"type": "Localhost", "localhostProfile": "a.json"}})
    made = security.of_container(pod([spec]), spec, seccomp_root="/root")
    assert made["seccomp"] == {"profile_type": 2, "localhost_ref": "/root/a.json"}


def test_escalation_is_allowed_unless_forbidden():
    assert of()["no_new_privs"] is False
    assert of({"allowPrivilegeEscalation": False})["no_new_privs"] is True


def test_namespaces():
    assert security.namespaces(pod()) == {"network": 0, "ipc": 0, "pid": 1}
    assert security.namespaces(pod(hostNetwork=True, hostPID=True, hostIPC=True)) == {"network": 2, "ipc": 2, "pid": 2}
    assert security.namespaces(pod(shareProcessNamespace=True))["pid"] == 0
    assert security.namespaces(pod(), target_id="x") == {"network": 0, "ipc": 0, "pid": 3, "target_id": "x"}


@pytest.mark.parametrize(
    ("context", "image", "refused"),
    [
        ({"runAsUser": 0}, {}, "breaks non-root policy"),
        ({"runAsUser": 5}, {}, ""),
        ({}, {"uid": {"value": 7}}, ""),
        ({}, {"uid": {"value": 0}}, "will run as root"),
        ({}, {"username": "app"}, "non-numeric user"),
    ],
)
def test_root_is_refused_where_it_must_not_be(context, image, refused):
    spec = container(securityContext={"runAsNonRoot": True, **context})
    if not refused:
        security.check_non_root(pod([spec]), spec, image)
        return
    with pytest.raises(security.Refused, match=refused):
        security.check_non_root(pod([spec]), spec, image)


def test_only_safe_or_allowed_sysctls():
    def tuned(name):
        return pod(securityContext={"sysctls": [{"name": name, "value": "1"}]})

    assert security.forbidden_sysctl(tuned("net.ipv4.tcp_syncookies"), ()) == ""
    assert security.forbidden_sysctl(tuned("kernel.msgmax"), ()) == "kernel.msgmax"
    assert security.forbidden_sysctl(tuned("kernel.msgmax"), ("kernel.msg*",)) == ""


def test_user_namespaces_are_refused_in_words():
    with pytest.raises(security.Refused, match="hostUsers"):
        security.of_sandbox(pod(hostUsers=False))
