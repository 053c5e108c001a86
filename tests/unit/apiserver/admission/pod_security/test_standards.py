import pytest

from pyk3s.apiserver.admission.pod_security import levels, plugin
from pyk3s.apiserver.admission.pod_security.levels import BASELINE, RESTRICTED, Standard

GOOD = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def told(standard, container=None, metadata=None, **spec):
    listed = [{"name": "main", **(container or {})}]
    return ", ".join(map(str, plugin.findings(standard, metadata or {}, {"containers": listed, **spec})))


def test_a_plain_pod_is_baseline():
    assert told(Standard(BASELINE)) == ""


def test_a_careful_pod_is_restricted():
    assert told(Standard(RESTRICTED), {"securityContext": GOOD}) == ""


def test_a_plain_pod_is_not_restricted():
    assert told(Standard(RESTRICTED)) == (
        'allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false), '
        'unrestricted capabilities (container "main" must set securityContext.capabilities.drop=["ALL"]), '
        'runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true), '
        'seccompProfile (pod or container "main" must set securityContext.seccompProfile.type to "RuntimeDefault" or '
        '"Localhost")'
    )


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ({"privileged": True}, 'privileged (container "main" must not set securityContext.privileged=true)'),
        (
            {"capabilities": {"add": ["SYS_TIME", "NET_ADMIN", "CHOWN"]}},
            'non-default capabilities (container "main" must not include "NET_ADMIN", "SYS_TIME" in '
            "securityContext.capabilities.add)",
        ),
        (
            {"seccompProfile": {"type": "Unconfined"}},
            'seccompProfile (container "main" must not set securityContext.seccompProfile.type to "Unconfined")',
        ),
        (
            {"procMount": "Unmasked"},
            'procMount (container "main" must not set securityContext.procMount to "Unmasked")',
        ),
        (
            {"appArmorProfile": {"type": "Unconfined"}},
            'forbidden AppArmor profile (container "main" must not set AppArmor profile type to "Unconfined")',
        ),
        (
            {"windowsOptions": {"hostProcess": True}},
            'hostProcess (container "main" must not set securityContext.windowsOptions.hostProcess=true)',
        ),
        (
            {"seLinuxOptions": {"type": "foo", "user": "u"}},
            'seLinuxOptions (container "main" set forbidden securityContext.seLinuxOptions: type "foo"; '
            "user may not be set)",
        ),
    ],
)
def test_what_the_baseline_refuses_of_containers(context, message):
    assert told(Standard(BASELINE), {"securityContext": context}) == message


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"hostNetwork": True, "hostPID": True}, "host namespaces (hostNetwork=true, hostPID=true)"),
        (
            {"volumes": [{"name": "a", "hostPath": {}}, {"name": "b", "hostPath": {}}]},
            'hostPath volumes (volumes "a", "b")',
        ),
        ({"securityContext": {"sysctls": [{"name": "kernel.msgmax"}]}}, "forbidden sysctls (kernel.msgmax)"),
    ],
)
def test_what_the_baseline_refuses_of_pods(spec, message):
    assert told(Standard(BASELINE), **spec) == message


def test_host_ports_and_probed_hosts_are_named():
    ports = {"ports": [{"hostPort": 81}, {"hostPort": 80}]}
    assert told(Standard(BASELINE), ports) == 'hostPort (container "main" uses hostPorts 80, 81)'
    probed = {"livenessProbe": {"httpGet": {"host": "10.0.0.1"}}}
    assert told(Standard(BASELINE), probed) == (
        'probe or lifecycle host (container "main" uses probe or lifecycle host "10.0.0.1")'
    )
    assert told(Standard(BASELINE, 33), probed) == ""


def test_versions_know_what_came_later():
    allowed_since_32 = {"securityContext": {"sysctls": [{"name": "net.ipv4.tcp_rmem"}]}}
    assert told(Standard(BASELINE, 31), **allowed_since_32)
    assert not told(Standard(BASELINE, 32), **allowed_since_32)


def test_the_restricted_check_of_volumes_stands_for_that_of_host_paths():
    message = told(Standard(RESTRICTED), {"securityContext": GOOD}, volumes=[{"name": "a", "hostPath": {}}])
    assert message == 'restricted volume types (volume "a" uses restricted volume type "hostPath")'


def test_an_explicit_refusal_of_non_root_is_told_first():
    context = {**GOOD, "runAsNonRoot": False, "runAsUser": 0}
    assert told(Standard(RESTRICTED), {"securityContext": context}) == (
        'runAsNonRoot != true (container "main" must not set securityContext.runAsNonRoot=false), '
        'runAsUser=0 (container "main" must not set runAsUser=0)'
    )


def test_windows_pods_need_not_state_what_linux_knows():
    assert told(Standard(RESTRICTED), os={"name": "windows"}).startswith("runAsNonRoot")


def test_labels_say_the_policy():
    found = levels.policy({f"{levels.PREFIX}enforce": "baseline", f"{levels.PREFIX}enforce-version": "v1.30"})
    assert found.enforce == Standard(BASELINE, 30)
    assert str(found.enforce) == "baseline:v1.30"
    assert found.warn == found.enforce


def test_unreadable_labels_are_strict_where_enforced():
    found = levels.policy({f"{levels.PREFIX}enforce": "loose", f"{levels.PREFIX}warn": "loud"})
    assert (found.enforce.level, found.warn.level) == (RESTRICTED, levels.PRIVILEGED)
    assert [error.path for error in found.errors] == [
        f"metadata.labels[{levels.PREFIX}enforce]",
        f"metadata.labels[{levels.PREFIX}warn]",
    ]
    assert found.errors[0].message == 'Invalid value: "loose": must be one of privileged, baseline, restricted'
