"""The audit log of a running API server, by policy."""

import contextlib
import json
import pathlib
import re

import pytest
from api_in_process import running

from pyk3s.apiserver.audit.settings import AuditSettings
from pyk3s.lib.failure import Failure

CONFIG_MAPS, SECRETS = "/api/v1/namespaces/default/configmaps", "/api/v1/namespaces/default/secrets"
EVERYTHING = "rules: [{level: RequestResponse}]"


def config_map(name):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "b"}}


class Audited:
    def __init__(self, api, log):
        self.send, self._log = api.send, log

    def events(self, **wanted):
        """What was recorded of requests by users, the server's own start aside."""
        lines = [json.loads(line) for line in self._log.read_text().splitlines()]
        return [each for each in lines if all(each.get(key) == value for key, value in wanted.items())]


@contextlib.contextmanager
def audited(folder: pathlib.Path, rules: str = EVERYTHING, mode="blocking", **settings):
    policy, log = folder / "policy.yaml", folder / "audit.log"
    policy.write_text(f"apiVersion: audit.k8s.io/v1\nkind: Policy\n{rules}\n")
    with running(audit=AuditSettings(policy_file=policy, log_path=str(log), mode=mode), **settings) as api:
        yield Audited(api, log)


def test_an_event_tells_who_asked_for_what_and_the_answer(tmp_path):
    with audited(tmp_path) as api:
        reply = api.send("POST", CONFIG_MAPS, config_map("a"), headers={"User-Agent": "test/1"})
        received, complete = api.events(requestURI=CONFIG_MAPS)
    assert (received["stage"], complete["stage"]) == ("RequestReceived", "ResponseComplete")
    assert received["auditID"] == complete["auditID"] == reply.headers["audit-id"]
    assert complete["user"] == {"username": "admin", "groups": ["system:masters", "system:authenticated"]}
    assert complete["objectRef"] == {
        "resource": "configmaps", "namespace": "default", "name": "a", "apiVersion": "v1",
    }  # fmt: skip
    assert (complete["verb"], complete["userAgent"], complete["sourceIPs"]) == ("create", "test/1", ["127.0.0.1"])
    assert complete["responseStatus"] == {"metadata": {}, "code": 201}
    assert complete["requestObject"]["data"] == {"a": "b"}
    assert complete["responseObject"]["metadata"]["uid"]
    assert complete["annotations"]["authorization.k8s.io/decision"] == "allow"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", complete["stageTimestamp"])
    assert "requestObject" not in received


def test_the_clients_own_audit_id_is_kept_and_returned(tmp_path):
    with audited(tmp_path) as api:
        reply = api.send("GET", "/version", headers={"Audit-ID": "my-id"})
        assert [each["auditID"] for each in api.events(requestURI="/version")] == ["my-id", "my-id"]
    assert reply.headers["audit-id"] == "my-id"


def test_the_bodies_of_secrets_stay_out_where_the_policy_says_so(tmp_path):
    rules = "rules: [{level: Metadata, resources: [{group: '', resources: [secrets]}]}, {level: RequestResponse}]"
    with audited(tmp_path, rules) as api:
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"key": "hidden"}}
        assert api.send("POST", SECRETS, secret).code == 201
        complete = api.events(requestURI=SECRETS)[-1]
    assert complete["level"] == "Metadata"
    assert "hidden" not in json.dumps(complete)
    assert not {"requestObject", "responseObject"} & set(complete)


def test_a_refusal_is_recorded_with_its_reason(tmp_path):
    with audited(tmp_path) as api:
        assert api.send("GET", SECRETS, token="alice-token").code == 403
        complete = api.events(requestURI=SECRETS, stage="ResponseComplete")[0]
    assert complete["annotations"]["authorization.k8s.io/decision"] == "forbid"
    assert complete["responseStatus"]["reason"] == "Forbidden"
    assert complete["responseStatus"]["code"] == 403


def test_credentials_that_do_not_hold_are_recorded_without_a_user(tmp_path):
    with audited(tmp_path) as api:
        assert api.send("GET", SECRETS, token="guess").code == 401
        complete = api.events(requestURI=SECRETS)[0]
    assert complete["user"] == {}
    assert complete["responseStatus"]["code"] == 401


def test_who_acts_as_somebody_else_is_recorded_as_both(tmp_path):
    with audited(tmp_path) as api:
        api.send("GET", "/version", headers={"Impersonate-User": "bob"})
        received, complete = api.events(requestURI="/version")
    assert complete["user"]["username"] == "admin"
    assert complete["impersonatedUser"] == {"username": "bob", "groups": ["system:authenticated"]}
    assert "impersonatedUser" not in received


def test_a_watch_has_an_event_when_it_begins_and_one_when_it_ends(tmp_path):
    with audited(tmp_path) as api:
        path = f"{CONFIG_MAPS}?watch=1&timeoutSeconds=1"
        api.send("GET", path)
        stages = [each["stage"] for each in api.events(requestURI=path)]
    assert stages == ["RequestReceived", "ResponseStarted", "ResponseComplete"]


def test_patches_are_recorded_as_they_came(tmp_path):
    with audited(tmp_path) as api:
        api.send("POST", CONFIG_MAPS, config_map("a"))
        merge = {"Content-Type": "application/merge-patch+json"}
        api.send("PATCH", f"{CONFIG_MAPS}/a", {"data": {"c": "d"}}, headers=merge)
        complete = api.events(verb="patch", stage="ResponseComplete", requestURI=f"{CONFIG_MAPS}/a")[0]
    assert complete["requestObject"] == {"data": {"c": "d"}}


def test_managed_fields_stay_out_where_the_policy_says_so(tmp_path):
    with audited(tmp_path, f"omitManagedFields: true\n{EVERYTHING}") as api:
        api.send("POST", CONFIG_MAPS, config_map("a"))
        api.send("GET", CONFIG_MAPS)
        one, listed = (api.events(verb=verb, requestURI=CONFIG_MAPS)[-1] for verb in ("create", "list"))
    assert "managedFields" not in one["responseObject"]["metadata"]
    assert listed["responseObject"]["items"]
    assert all("managedFields" not in each["metadata"] for each in listed["responseObject"]["items"])


def test_batches_are_written_when_the_server_ends(tmp_path):
    with audited(tmp_path, mode="batch") as api:
        api.send("GET", "/version")
    assert [each["stage"] for each in api.events(requestURI="/version")] == ["RequestReceived", "ResponseComplete"]


def test_a_body_that_nobody_can_read_is_recorded_as_such(tmp_path):
    with audited(tmp_path) as api:
        assert api.send("POST", CONFIG_MAPS, headers={"Content-Length": "0"}).code == 400
        assert api.send("PUT", f"{CONFIG_MAPS}/a", "text").code == 400
        assert api.events(verb="update", stage="ResponseComplete")[-1]["requestObject"] == "text"


def test_pod_security_tells_the_log_what_would_be_refused(tmp_path):
    labels = {"pod-security.kubernetes.io/audit": "restricted"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}  # fmt: skip # noqa: E501
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    with audited(tmp_path) as api:
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": labels}}
        api.send("POST", "/api/v1/namespaces", namespace)
        api.send("POST", "/api/v1/namespaces/shop/serviceaccounts", account)
        assert api.send("POST", "/api/v1/namespaces/shop/pods", pod).code == 201
        told = api.events(requestURI="/api/v1/namespaces/shop/pods", stage="ResponseComplete")[0]["annotations"]
    assert told["pod-security.kubernetes.io/enforce-policy"] == "privileged:latest"
    assert told["pod-security.kubernetes.io/audit-violations"].startswith('would violate PodSecurity "restricted')


@pytest.mark.parametrize("rules", ["rules: []", "rules: [{level: All}]", "rules: [{level: None", "rules: [{level: None}]\nrules: []"])  # fmt: skip # noqa: E501
def test_a_bad_policy_ends_the_start_in_words(tmp_path, rules):
    with pytest.raises(Failure, match="audit-policy-file"), audited(tmp_path, rules):
        pass


def test_a_log_that_cannot_be_written_ends_the_start_in_words(tmp_path):
    (tmp_path / "audit.log").mkdir()
    with pytest.raises(Failure, match="audit-log-path"), audited(tmp_path):
        pass


def test_without_a_policy_nothing_is_added_to_answers():
    with running() as api:
        assert "audit-id" not in api.send("GET", "/version").headers


def test_policies_and_webhooks_are_heard_in_the_log(tmp_path):
    admission = "/apis/admissionregistration.k8s.io/v1"
    kind = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy"}
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["CREATE"]}
    spec = {
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": "false", "message": "noted"}],
        "auditAnnotations": [
            {"key": "who", "valueExpression": "'by ' + request.userInfo.username"},
            {"key": "none", "valueExpression": "null"},
        ],
    }
    bound = {"policyName": "p", "validationActions": ["Audit"]}
    with audited(tmp_path) as api:
        body = {**kind, "metadata": {"name": "p"}, "spec": spec}
        made = api.send("POST", f"{admission}/validatingadmissionpolicies", body)
        assert made.code == 201, made.body
        body = {**kind, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": "b"}, "spec": bound}
        assert api.send("POST", f"{admission}/validatingadmissionpolicybindings", body).code == 201
        assert api.send("POST", CONFIG_MAPS, config_map("a")).code == 201
        [event] = api.events(requestURI=CONFIG_MAPS, stage="ResponseComplete")
    assert event["annotations"]["p/who"] == "by admin"
    assert "p/none" not in event["annotations"]
    [failure] = json.loads(event["annotations"]["validation.policy.admission.k8s.io/validation_failure"])
    assert failure == {
        "message": "noted", "policy": "p", "binding": "b", "expressionIndex": 0, "validationActions": ["Audit"],
    }  # fmt: skip
