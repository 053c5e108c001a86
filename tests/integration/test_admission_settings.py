"""Admission of a running API server as K3s' hardening guide configures it."""

import base64
import json

import deciding_webhook
import pytest
from api_in_process import running

from pyk3s.apiserver.admission.selection import AdmissionSettings
from pyk3s.lib.failure import Failure

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p"},
    "spec": {"containers": [{"name": "c", "image": "i"}]},
}
EVENT = {"apiVersion": "v1", "kind": "Event", "metadata": {"generateName": "e"}, "involvedObject": {"namespace": "default"}}  # fmt: skip # noqa: E501


def plugin(name, api_version, kind, **configuration):
    return {"name": name, "configuration": {"apiVersion": api_version, "kind": kind, **configuration}}


@pytest.fixture
def hardened(tmp_path):
    security = plugin(
        "PodSecurity", "pod-security.admission.config.k8s.io/v1", "PodSecurityConfiguration",
        defaults={"enforce": "restricted"}, exemptions={"namespaces": ["kube-system"]},
    )  # fmt: skip
    limits = [{"type": "Namespace", "qps": 1, "burst": 3}]
    events = plugin("EventRateLimit", "eventratelimit.admission.k8s.io/v1alpha1", "Configuration", limits=limits)
    path = tmp_path / "psa.yaml"
    document = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration"}
    path.write_text(json.dumps({**document, "plugins": [security, events]}))
    settings = AdmissionSettings(
        enable=("NodeRestriction", "EventRateLimit", "AlwaysPullImages"), disable=("ServiceAccount",),
        config_file=path, not_ready_s=30, unreachable_s=60,
    )  # fmt: skip
    with running(admission=settings) as api:
        yield api


def test_pods_are_held_to_the_default_standard_except_in_exempt_namespaces(hardened):
    refusal = hardened.send("POST", "/api/v1/namespaces/default/pods", POD)
    assert refusal.code == 403
    assert 'violates PodSecurity "restricted:latest"' in refusal.json["message"]
    assert hardened.send("POST", "/api/v1/namespaces/kube-system/pods", POD).code == 201


def test_pods_get_what_the_arguments_say(hardened):
    spec = hardened.send("POST", "/api/v1/namespaces/kube-system/pods", POD).json["spec"]
    assert spec["containers"][0]["imagePullPolicy"] == "Always"
    assert [each["tolerationSeconds"] for each in spec["tolerations"]] == [30, 60]


def test_too_many_events_are_told_to_come_back_later(hardened):
    codes = [hardened.send("POST", "/api/v1/namespaces/default/events", EVENT).code for _ in range(5)]
    assert codes[:3] == [201] * 3
    assert 429 in codes[3:]


def test_a_name_that_is_no_plugin_ends_the_start_in_words():
    with pytest.raises(Failure, match="there is no such plug-in"), running(admission=AdmissionSettings(enable=("X",))):
        pass


def test_a_request_that_takes_too_long_is_answered_with_504(tmp_path):
    with deciding_webhook.listening(tmp_path / "hook", {}) as webhook, running(request_timeout_s=0.3) as api:
        webhook.lets.clear()
        ca = base64.b64encode((tmp_path / "hook" / "ca.crt").read_bytes()).decode()
        hook = {
            "name": "slow.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "clientConfig": {"url": webhook.address, "caBundle": ca},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["events"], "operations": ["CREATE"]}],
        }  # fmt: skip
        group = "admissionregistration.k8s.io/v1"
        kind = "ValidatingWebhookConfiguration"
        body = {"apiVersion": group, "kind": kind, "metadata": {"name": "slow"}, "webhooks": [hook]}
        assert api.send("POST", f"/apis/{group}/validatingwebhookconfigurations", body).code == 201
        reply = api.send("POST", "/api/v1/namespaces/default/events", EVENT)
        assert (reply.code, reply.json["reason"]) == (504, "Timeout")
        webhook.lets.set()
