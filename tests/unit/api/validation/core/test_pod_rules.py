"""Pods: what a spec must and may not say."""

from typing import Any

import pytest

JSON = dict[str, Any]
NEEDY = {"name": "first", "image": "x", "resources": {"requests": {"cpu": "2"}}}
TOO_MANY_SOURCES = "may not specify more than 1 volume type"


def pod(*, container: JSON | None = None, **spec: Any) -> JSON:
    main = {"name": "main", "image": "app:1", **(container or {})}
    return {"spec": {"containers": [main], **spec}}


def test_a_minimal_pod_is_accepted(said) -> None:
    assert said("pods", pod()) == []


def test_a_pod_without_containers_is_refused(said) -> None:
    assert said("pods", {}) == ["spec.containers: Required value"]


@pytest.mark.parametrize(
    ("container", "told"),
    [
        ({"name": "a.b"}, 'name: Invalid value: "a.b": must not contain dots'),
        ({"image": " x"}, 'image: Invalid value: " x": must not have leading or trailing whitespace'),
        ({"ports": [{"containerPort": 0}]}, "ports[0].containerPort: Required value"),
        (
            {"ports": [{"containerPort": 1, "protocol": "ICMP"}]},
            'ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
        ),
        ({"env": [{"name": "A", "valueFrom": {}}]}, "env[0].valueFrom: Invalid value"),
        ({"envFrom": [{}]}, 'envFrom[0]: Invalid value: "": must specify one of: `configMapRef` or `secretRef`'),
        ({"volumeMounts": [{"name": "v", "mountPath": "/v"}]}, 'volumeMounts[0].name: Not found: "v"'),
        (
            {"readinessProbe": {"exec": {"command": ["x"]}, "terminationGracePeriodSeconds": 1}},
            "readinessProbe.terminationGracePeriodSeconds: Invalid value: 1: must not be set for readinessProbes",
        ),
        (
            {"livenessProbe": {"exec": {"command": ["x"]}, "tcpSocket": {"port": 1}}},
            "livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type",
        ),
        (
            {"lifecycle": {"preStop": {"sleep": {"seconds": 31}}}},
            "lifecycle.preStop.sleep: Invalid value: 31: "
            "must be non-negative and less than terminationGracePeriodSeconds (30)",
        ),
        ({"resources": {"claims": [{"name": "gpu"}]}}, 'resources.claims[0].name: Not found: "gpu"'),
        (
            {"resources": {"requests": {"hugepages-2Mi": "2Mi"}, "limits": {"hugepages-2Mi": "2Mi"}}},
            "resources: Forbidden: HugePages require cpu or memory",
        ),
        (
            {"securityContext": {"privileged": True, "allowPrivilegeEscalation": False}},
            "securityContext: Invalid value: ",
        ),
    ],
)
def test_a_container_is_told_what_is_wrong_with_it(said, container: JSON, told: str) -> None:
    (found,) = said("pods", pod(container=container))
    assert found.startswith(f"spec.containers[0].{told}")


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (
            {"hostNetwork": True, "hostPID": True, "shareProcessNamespace": True},
            "securityContext.shareProcessNamespace",
        ),
        ({"nodeSelector": {"a b": ""}}, 'nodeSelector: Invalid value: "a b": '),
        ({"serviceAccountName": "A"}, 'serviceAccountName: Invalid value: "A": '),
        ({"activeDeadlineSeconds": 0}, "activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647"),
        ({"schedulingGates": [{"name": "a"}], "nodeName": "n"}, "nodeName: Forbidden: cannot be set until all"),
        ({"dnsConfig": {"nameservers": ["x"]}}, 'dnsConfig.nameservers[0]: Invalid value: "x": must be a valid IP'),
        ({"dnsConfig": {"nameservers": ["1.1.1.1"] * 4}}, "dnsConfig.nameservers: Invalid value: "),
        ({"overhead": {"cpu": "-1"}}, 'overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0'),
        ({"imagePullSecrets": [{"name": ""}]}, "imagePullSecrets[0].name: Required value"),
        ({"os": {"name": "plan9"}}, 'os: Unsupported value: "plan9": supported values: "linux", "windows"'),
        (
            {"initContainers": [{"name": "i", "image": "x", "livenessProbe": {"exec": {"command": ["x"]}}}]},
            "initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy",
        ),
        (
            {"securityContext": {"seccompProfile": {"type": "RuntimeDefault", "localhostProfile": "x"}}},
            "securityContext.seccompProfile.localhostProfile: Invalid value: "
            '{"Type":"RuntimeDefault","LocalhostProfile":"x"}: can only be set when seccomp type is Localhost',
        ),
        (
            {"resources": {"requests": {"cpu": "1"}}, "initContainers": [NEEDY]},
            'resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container '
            "requests of 2",
        ),
        (
            {"tolerations": [{"key": "a", "operator": "Exists", "tolerationSeconds": 1}]},
            "tolerations[0].effect: Invalid value: \"\": effect must be 'NoExecute' when `tolerationSeconds` is set",
        ),
    ],
)
def test_a_spec_is_told_what_is_wrong_with_it(said, spec: JSON, told: str) -> None:
    (found,) = said("pods", pod(**spec))
    assert found.startswith(f"spec.{told}")


@pytest.mark.parametrize(
    ("volume", "told"),
    [
        ({"emptyDir": {}, "hostPath": {"path": "/x"}}, f"hostPath: Forbidden: {TOO_MANY_SOURCES}"),
        ({"hostPath": {"path": ""}}, "hostPath.path: Required value"),
        ({"nfs": {"server": "s", "path": "x"}}, 'nfs.path: Invalid value: "x": must be an absolute path'),
        ({"configMap": {"name": "c", "items": [{"key": "k", "path": "/x"}]}}, "configMap.items[0].path: Invalid value"),
        (
            {"secret": {"secretName": "s", "defaultMode": 512}},
            "secret.defaultMode: Invalid value: 512: must be a number",
        ),
        ({"projected": {"sources": [{}]}}, "projected.sources[0]: Required value: must specify a volume type"),
        ({"csi": {"driver": ""}}, "csi.driver: Required value"),
        ({"iscsi": {"targetPortal": "p", "iqn": "x"}}, 'iscsi.iqn: Invalid value: "x": must be valid format'),
        (
            {"downwardAPI": {"items": [{"path": "p"}]}},
            "downwardAPI[0]: Required value: one of fieldRef and resourceFieldRef is required",
        ),
    ],
)
def test_a_volume_has_one_source_with_what_it_needs(said, volume: JSON, told: str) -> None:
    (found,) = said("pods", pod(volumes=[{"name": "v", **volume}]))
    assert found.startswith(f"spec.volumes[0].{told}")


def test_a_host_port_is_taken_once_per_pod(said) -> None:
    port = {"containerPort": 80, "hostPort": 80}
    containers = [{"name": name, "image": "x", "ports": [port]} for name in ("a", "b")]
    assert said("pods", {"spec": {"containers": containers}}) == [
        'spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//80"'
    ]


def test_a_sidecar_may_be_probed(said) -> None:
    probe = {"exec": {"command": ["x"]}}
    sidecar = {"name": "s", "image": "x", "restartPolicy": "Always", "livenessProbe": probe}
    assert said("pods", pod(initContainers=[sidecar])) == []


def test_a_pod_of_windows_asks_for_nothing_that_only_linux_has(said) -> None:
    system, container = {"name": "windows"}, {"name": "c", "image": "x", "securityContext": {"privileged": False}}
    spec = {"os": system, "hostPID": True, "securityContext": {"fsGroup": 1}, "containers": [container]}
    assert said("pods", {"spec": spec}) == [
        "spec.hostPID: Forbidden: cannot be set for a windows pod",
        "spec.securityContext.fsGroup: Forbidden: cannot be set for a windows pod",
        "spec.containers[0].securityContext.privileged: Forbidden: cannot be set for a windows pod",
    ]


def test_a_pod_of_linux_has_no_options_of_windows(said) -> None:
    context = {"windowsOptions": {"runAsUserName": "x"}}
    assert said("pods", pod(os={"name": "linux"}, securityContext=context)) == [
        "spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod"
    ]


def test_an_affinity_without_topology_is_told_twice(said) -> None:
    found = said("pods", pod(affinity={"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{}]}}))
    key = "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey"
    assert found[:2] == [
        f"{key}: Required value: can not be empty",
        f'{key}: Invalid value: "": name part must be non-empty',
    ]


def test_a_label_key_that_is_required_twice_is_told_where_it_stands(said) -> None:
    spread = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "matchLabelKeys": ["a", "b"]}
    merged = [{"key": "b", "operator": "In", "values": ["2"]}]
    once = {**spread, "labelSelector": {"matchExpressions": merged}}
    twice = {**spread, "labelSelector": {"matchLabels": {"b": "2"}, "matchExpressions": merged}}
    assert said("pods", pod(topologySpreadConstraints=[once])) == []
    assert said("pods", pod(topologySpreadConstraints=[twice])) == [
        "spec.topologySpreadConstraints[0].matchLabelKeys[1]: "
        'Invalid value: "b": exists in both matchLabelKeys and labelSelector'
    ]


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("controller.kubernetes.io/pod-deletion-cost", "much", "must be a 32bit integer"),
        ("controller.kubernetes.io/pod-deletion-cost", "+1", "must be a 32bit integer"),
        ("kubernetes.io/config.mirror", "x", "must set spec.nodeName if mirror pod annotation is set"),
    ],
)
def test_annotations_that_kubernetes_reads_are_checked(said, key: str, value: str, told: str) -> None:
    annotated = {"metadata": {"annotations": {key: value}}, **pod()}
    assert said("pods", annotated) == [f'metadata.annotations[{key}]: Invalid value: "{value}": {told}']


def test_huge_pages_are_asked_for_whole(said) -> None:
    limits = {"cpu": "1", "hugepages-2Mi": "3Mi"}
    found = said("pods", pod(container={"resources": {"limits": limits}}))
    assert found[0].endswith('Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi')


def test_an_unmasked_proc_needs_users_of_its_own(said) -> None:
    unmasked = {"securityContext": {"procMount": "Unmasked"}}
    (found,) = said("pods", pod(container=unmasked))
    assert found.endswith('procMount: Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`')
    assert said("pods", pod(container=unmasked, hostUsers=False)) == []
