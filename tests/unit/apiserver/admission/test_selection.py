"""Which admission plug-ins are on, off, refused and configured."""

import json

import pytest
from admission_registry import build

from pyk3s.apiserver.admission import configuration, default, selection
from pyk3s.apiserver.authz.rbac import index as roles
from pyk3s.lib.failure import Failure

UPSTREAM_DEFAULTS = (
    "CertificateApproval", "CertificateSigning", "CertificateSubjectRestriction", "ClusterTrustBundleAttest",
    "DefaultIngressClass", "DefaultStorageClass", "DefaultTolerationSeconds", "LimitRanger",
    "MutatingAdmissionPolicy", "MutatingAdmissionWebhook", "NamespaceLifecycle", "PersistentVolumeClaimResize",
    "PodSecurity", "PodTopologyLabels", "Priority", "ResourceQuota", "RuntimeClass", "ServiceAccount",
    "StorageObjectInUseProtection", "TaintNodesByCondition", "ValidatingAdmissionPolicy",
    "ValidatingAdmissionWebhook",
)  # fmt: skip
UPSTREAM_OPTIONAL = (
    "AlwaysAdmit", "AlwaysDeny", "AlwaysPullImages", "DenyServiceExternalIPs", "EventRateLimit",
    "ExtendedResourceToleration", "ImagePolicyWebhook", "LimitPodHardAntiAffinityTopology",
    "NamespaceAutoProvision", "NamespaceExists", "NodeRestriction", "OwnerReferencesPermissionEnforcement",
    "PodNodeSelector", "PodTolerationRestriction",
)  # fmt: skip
LIMITS = {
    "apiVersion": "eventratelimit.admission.k8s.io/v1alpha1",
    "kind": "Configuration",
    "limits": [{"type": "Server", "qps": 5000, "burst": 20000}],
}
PSA = {
    "apiVersion": "pod-security.admission.config.k8s.io/v1",
    "kind": "PodSecurityConfiguration",
    "defaults": {"enforce": "restricted", "enforce-version": "latest", "audit": "baseline", "warn-version": "v1.30"},
    "exemptions": {"namespaces": ["kube-system"]},
}


def chosen(**settings):
    registry = build()
    made = default.plugins(registry, None, roles.Index(), None, selection.AdmissionSettings(**settings))
    return [each.name for each in made]


def written(folder, *plugins, **more):
    document = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration", "plugins": list(plugins)}
    path = folder / "admission.yaml"
    path.write_text(json.dumps({**document, **more}))
    return path


def test_every_plugin_that_upstream_turns_on_is_on_here():
    assert set(UPSTREAM_DEFAULTS) <= set(chosen()) | set(selection.FIXED)


def test_every_name_of_upstream_is_known():
    known = {*chosen(), *selection.FIXED, *selection.OPTIONAL, *selection.REFUSED}
    assert {*UPSTREAM_DEFAULTS, *UPSTREAM_OPTIONAL} <= known


def test_plugins_are_turned_on_and_off_by_name():
    assert "AlwaysPullImages" not in chosen()
    names = chosen(enable=("AlwaysPullImages", "NodeRestriction"), disable=("LimitRanger", "Priority"))
    assert "AlwaysPullImages" in names
    assert not {"LimitRanger", "Priority"} & set(names)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"enable": ("NoSuch",)}, "enable-admission-plugins NoSuch: there is no such plug-in"),
        ({"disable": ("podsecurity",)}, "disable-admission-plugins podsecurity: there is no such"),
        ({"enable": ("PodNodeSelector",)}, "PodNodeSelector is refused: write a"),
        ({"disable": ("StorageObjectInUseProtection",)}, "always protected"),
        ({"enable": ("Priority",), "disable": ("Priority",)}, "both enabled and disabled"),
        ({"enable": ("EventRateLimit",)}, "EventRateLimit has no limits"),
    ],
)
def test_names_that_cannot_be_meant_so_are_refused(settings, told):
    with pytest.raises(Failure, match=told):
        chosen(**settings)


def test_a_file_configures_plugins_in_place_and_in_files_beside_it(tmp_path):
    (tmp_path / "events.yaml").write_text(json.dumps(LIMITS))
    path = written(
        tmp_path, {"name": "PodSecurity", "configuration": PSA}, {"name": "EventRateLimit", "path": "events.yaml"}
    )
    found = configuration.read(path)
    policy = found.pod_security.default
    assert [str(each) for each in policy[:3]] == ["restricted:latest", "privileged:v1.30", "baseline:latest"]
    assert found.pod_security.namespaces == {"kube-system"}
    assert found.event_limits[0].burst == 20000
    assert "EventRateLimit" in chosen(enable=("EventRateLimit",), config_file=path)


def test_limits_without_the_plugin_are_refused(tmp_path):
    path = written(tmp_path, {"name": "EventRateLimit", "configuration": LIMITS})
    with pytest.raises(Failure, match="configured and not enabled"):
        chosen(config_file=path)


@pytest.mark.parametrize(
    ("plugin", "told"),
    [
        ({"name": "ImagePolicyWebhook", "path": "x"}, "configures 'ImagePolicyWebhook'"),
        ({"name": "PodSecurity"}, "neither configuration nor path"),
        ({"name": "PodSecurity", "path": "none.yaml"}, "cannot read"),
        ({"name": "PodSecurity", "configuration": {**PSA, "defaults": {"enforce": "strict"}}}, "defaults.enforce"),
        ({"name": "PodSecurity", "configuration": {**PSA, "default": {}}}, "unknown field 'default'"),
        ({"name": "PodSecurity", "configuration": {**PSA, "defaults": {"warn-version": "1.30"}}}, "warn-version"),
        ({"name": "PodSecurity", "configuration": {**PSA, "exemptions": {"namespaces": "a"}}}, "list of names"),
        ({"name": "EventRateLimit", "configuration": {**LIMITS, "limits": []}}, "at least one"),
        ({"name": "EventRateLimit", "configuration": {**LIMITS, "limits": [{"type": "All"}]}}, "none of Server"),
        (
            {"name": "EventRateLimit", "configuration": {**LIMITS, "limits": [{"type": "User", "qps": 0, "burst": 1}]}},
            "above 0",
        ),
    ],
)
def test_a_configuration_that_cannot_be_used_is_refused_with_its_place(tmp_path, plugin, told):
    with pytest.raises(Failure, match=told) as refusal:
        configuration.read(written(tmp_path, plugin))
    assert "\n" not in str(refusal.value)
