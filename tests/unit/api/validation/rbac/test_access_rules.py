"""Roles and bindings, leases, classes, reviews, requests for certificates, budgets, autoscalers."""

import base64
from typing import Any

import pytest

from pyk3s.api import validation

JSON = dict[str, Any]
RBAC = "rbac.authorization.k8s.io"
RULE = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}


def test_a_cluster_role_may_speak_of_urls(said) -> None:
    urls = {"verbs": ["get"], "nonResourceURLs": ["/healthz"]}
    assert said(f"clusterroles.{RBAC}", {"rules": [RULE, urls]}) == []
    (found,) = said(f"clusterroles.{RBAC}", {"rules": [{**RULE, **urls}]})
    assert found.endswith("rules cannot apply to both regular resources and non-resource URLs")


def test_an_aggregation_selects_something(said) -> None:
    (found,) = said(f"clusterroles.{RBAC}", {"aggregationRule": {}})
    assert found.startswith("aggregationRule.clusterRoleSelectors: Required value: at least one")


def binding(role: str = "r", **subject: Any) -> JSON:
    reference = {"apiGroup": RBAC, "kind": "ClusterRole", "name": role}
    return {"roleRef": reference, "subjects": [subject] if subject else []}


def test_a_binding_keeps_its_role(said_of_update) -> None:
    (found,) = said_of_update(f"rolebindings.{RBAC}", binding("a"), binding("b"))
    assert found.startswith("roleRef: Invalid value: ") and found.endswith("cannot change roleRef")


def test_a_service_account_of_a_cluster_wide_binding_has_a_namespace(said) -> None:
    subject = {"kind": "ServiceAccount", "name": "a"}
    assert said(f"clusterrolebindings.{RBAC}", binding(**subject)) == ["subjects[0].namespace: Required value"]
    assert said(f"clusterrolebindings.{RBAC}", binding(**subject, namespace="n")) == []


def test_names_of_roles_may_hold_colons(said) -> None:
    assert said(f"roles.{RBAC}", {"metadata": {"name": "system:a"}, "rules": [RULE]}) == []


def test_system_priorities_are_those_of_kubernetes(said) -> None:
    known = {"metadata": {"name": "system-node-critical"}, "value": 2000001000}
    assert said("priorityclasses.scheduling.k8s.io", known) == []
    (found,) = said("priorityclasses.scheduling.k8s.io", {**known, "value": 1})
    assert found.endswith("value of system-node-critical PriorityClass must be 2000001000")


def test_a_priority_is_fixed(said_of_update) -> None:
    (found,) = said_of_update("priorityclasses.scheduling.k8s.io", {"value": 1}, {"value": 2})
    assert found == "value: Forbidden: may not be changed in an update."


@pytest.mark.parametrize(("seconds", "count"), [(600, 0), (599, 1), (2**32 + 1, 1)])
def test_a_token_lives_between_ten_minutes_and_an_age(seconds: int, count: int) -> None:
    assert len(validation.validate_body("TokenRequest", {"spec": {"expirationSeconds": seconds}})) == count


def request(pem: str = "not a request", **spec: Any) -> JSON:
    encoded = base64.b64encode(pem.encode()).decode()
    return {"spec": {"request": encoded, "signerName": "example.com/x", "usages": ["client auth"], **spec}}


def test_a_certificate_request_holds_a_certificate_request(said) -> None:
    (found,) = said("certificatesigningrequests.certificates.k8s.io", request())
    assert found.endswith("PEM block type must be CERTIFICATE REQUEST")
    broken = "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"
    assert len(said("certificatesigningrequests.certificates.k8s.io", request(broken))) == 1


def test_a_signer_has_a_domain_and_a_path(said) -> None:
    found = said("certificatesigningrequests.certificates.k8s.io", request(signerName="x/y"))
    assert 'spec.signerName: Invalid value: "x": should be a domain' in found[1]


def test_decisions_are_not_taken_back(said_of_update) -> None:
    approved = {"type": "Approved", "status": "True"}
    old = {**request(), "status": {"conditions": [approved]}}
    found = said_of_update("certificatesigningrequests.certificates.k8s.io", old, request(), "approval")
    assert found == ['status.conditions: Forbidden: updates may not remove a condition of type "Approved"']


def test_an_autoscaler_measures_something(said) -> None:
    def told(**metric: Any) -> list[str]:
        target = {"kind": "Deployment", "name": "d", "apiVersion": "apps/v1"}
        return said_v2({"spec": {"scaleTargetRef": target, "maxReplicas": 3, "metrics": [metric]}})

    def said_v2(obj: JSON) -> list[str]:
        from pyk3s.api.validation.autoscaling import autoscalers

        errors: list[Any] = []
        autoscalers.create(obj, errors)
        return [f"{error.path}: {error.message}" for error in errors]

    fine = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}
    assert told(type="Resource", resource=fine) == []
    assert told(type="Resource") == [
        "spec.metrics[0].resource: Required value: must populate information for the given metric source"
    ]
    assert told(type="Resource", resource={"name": "cpu", "target": {"type": "Utilization"}}) == [
        "spec.metrics[0].resource.target.averageUtilization: Required value: "
        "must set either a target raw value or a target utilization"
    ]
