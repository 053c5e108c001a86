"""Storage classes, CSI registrations, webhooks, aggregated APIs, flow control."""

from typing import Any

import pytest

JSON = dict[str, Any]
ADMISSION = "admissionregistration.k8s.io"


def test_a_storage_class_is_fixed(said, said_of_update) -> None:
    old = {"provisioner": "example.com/x", "parameters": {"a": "b"}}
    assert said("storageclasses.storage.k8s.io", old) == []
    (found,) = said_of_update("storageclasses.storage.k8s.io", old, {**old, "parameters": {}})
    assert found.startswith("parameters: ")


def test_an_attachment_has_one_source(said) -> None:
    spec = {"attacher": "example.com", "nodeName": "n", "source": {}}
    (found,) = said("volumeattachments.storage.k8s.io", {"spec": spec})
    assert found.startswith("spec.source: Required value: must specify exactly one of")


def webhook(**fields: Any) -> JSON:
    rule = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
    hook = {
        "name": "a.example.com",
        "clientConfig": {"url": "https://example.com/x"},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "rules": [rule],
        **fields,
    }
    return {"webhooks": [hook]}


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": "a"}, 'name: Invalid value: "a": should be a domain with at least two segments separated by dots'),
        ({"clientConfig": {}}, "clientConfig: Required value: exactly one of url or service is required"),
        (
            {"clientConfig": {"url": "http://x"}},
            "clientConfig.url: Invalid value: \"http\": 'https' is the only allowed",
        ),
        (
            {"timeoutSeconds": 31},
            "timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds",
        ),
        ({"admissionReviewVersions": ["v9"]}, "admissionReviewVersions: Invalid value: "),
        ({"matchConditions": [{"name": "a", "expression": ""}]}, "matchConditions[0].expression: Required value"),
    ],
)
def test_a_webhook_is_told_what_is_wrong_with_it(said, fields: JSON, told: str) -> None:
    assert said(f"validatingwebhookconfigurations.{ADMISSION}", webhook()) == []
    (found,) = said(f"validatingwebhookconfigurations.{ADMISSION}", webhook(**fields))
    assert found.startswith(f"webhooks[0].{told}")


def test_an_aggregated_api_is_named_by_what_it_serves(said) -> None:
    spec = {"group": "example.com", "version": "v1", "groupPriorityMinimum": 1, "versionPriority": 1}
    assert said("apiservices.apiregistration.k8s.io", {"metadata": {"name": "v1.example.com"}, "spec": spec}) == []
    (found,) = said("apiservices.apiregistration.k8s.io", {"metadata": {"name": "x"}, "spec": spec})
    assert found == 'metadata.name: Invalid value: "x": must be `spec.version+"."+spec.group`: "v1.example.com"'


def test_a_hand_is_not_larger_than_the_queues(said) -> None:
    queuing = {"queues": 4, "handSize": 8, "queueLengthLimit": 1}
    level = {"type": "Limited", "limited": {"limitResponse": {"type": "Queue", "queuing": queuing}}}
    (found,) = said("prioritylevelconfigurations.flowcontrol.apiserver.k8s.io", {"spec": level})
    assert found.endswith("should not be greater than queues (4)")


def test_a_policy_has_something_to_check(said) -> None:
    rule = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
    policy = {"spec": {"matchConstraints": {"resourceRules": [rule]}, "validations": [{"expression": "true"}]}}
    assert said(f"validatingadmissionpolicies.{ADMISSION}", policy) == []
    policy["spec"]["validations"] = []
    assert len(said(f"validatingadmissionpolicies.{ADMISSION}", policy)) == 2


def test_a_device_request_says_how_many(said) -> None:
    exactly = {"deviceClassName": "gpu", "allocationMode": "ExactCount", "count": 1}
    spec = {"devices": {"requests": [{"name": "g", "exactly": exactly}]}}
    assert said("resourceclaims.resource.k8s.io", {"spec": spec}) == []
    spec["devices"]["requests"][0]["exactly"] = {**exactly, "count": -1}
    assert len(said("resourceclaims.resource.k8s.io", {"spec": spec})) == 1
