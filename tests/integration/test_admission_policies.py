"""Validating and mutating admission policies, against a running API server."""

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
import webhook_server
import widgets
from api_server import Api, running
from widgets import widget

JSON = dict[str, Any]
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
MERGE = "application/merge-patch+json"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running(tmp_path_factory.mktemp("policies")) as server:
        yield server


@pytest.fixture
def api(shared: Api) -> Iterator[Api]:
    yield shared
    for kind in ("validating", "mutating"):
        for plural in (f"{kind}admissionpolicybindings", f"{kind}admissionpolicies"):
            shared.send("DELETE", f"{ADMISSION}/{plural}")
    shared.send("DELETE", CONFIG_MAPS)


def rule(resource: str = "configmaps", *operations: str, group: str = "", **more: Any) -> JSON:
    return {
        "apiGroups": [group], "apiVersions": ["*"], "resources": [resource],
        "operations": list(operations or ("CREATE", "UPDATE")), **more,
    }  # fmt: skip


def policy(api: Api, kind: str = "Validating", name: str = "p", **spec: Any) -> tuple[int, JSON]:
    spec = {"matchConstraints": {"resourceRules": [rule()]}, **spec}
    if kind == "Mutating":
        spec = {"failurePolicy": "Fail", "reinvocationPolicy": "Never", **spec}
    body = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": f"{kind}AdmissionPolicy",
        "metadata": {"name": name},
        "spec": spec,
    }
    return api.send("POST", f"{ADMISSION}/{kind.lower()}admissionpolicies", body)


def bind(api: Api, *actions: str, kind: str = "Validating", name: str = "b", policy: str = "p", **spec: Any) -> None:
    spec = {"policyName": policy, **spec}
    if kind == "Validating":
        spec["validationActions"] = list(actions or ("Deny",))
    body = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": f"{kind}AdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": spec,
    }
    code, made = api.send("POST", f"{ADMISSION}/{kind.lower()}admissionpolicybindings", body)
    assert code == 201, made


def validate(api: Api, *validations: str | JSON, **spec: Any) -> None:
    """A bound policy that denies."""
    rules = [{"expression": each} if isinstance(each, str) else each for each in validations]
    code, made = policy(api, validations=rules, **spec)
    assert code == 201, made
    bind(api)


def mutate(api: Api, *expressions: str, name: str = "p", **spec: Any) -> None:
    code, made = policy(api, "Mutating", name, mutations=[mutation(each) for each in expressions], **spec)
    assert code == 201, made
    bind(api, kind="Mutating", name=name, policy=name)


def mutation(expression: str) -> JSON:
    if expression.startswith("Object"):
        return {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}}
    return {"patchType": "JSONPatch", "jsonPatch": {"expression": expression}}


def config_map(name: str, labels: JSON | None = None, **data: str) -> JSON:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": labels or {}}, "data": data}


def create(api: Api, name: str, labels: JSON | None = None, **data: str) -> tuple[int, JSON]:
    return api.send("POST", CONFIG_MAPS, config_map(name, labels, **data))


def test_a_denial_names_policy_binding_and_expression(api: Api) -> None:
    validate(api, "object.data.size == 'small'")
    assert create(api, "a", size="small")[0] == 201
    code, told = create(api, "b", size="large")
    words = (
        "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: failed expression: object.data.size == 'small'"
    )
    assert (code, told["reason"]) == (422, "Invalid")
    assert told["message"] == f'configmaps "b" is forbidden: {words}'
    assert told["details"]["causes"] == [{"message": words}]


def test_a_policy_without_binding_and_a_deleted_one_deny_nothing(api: Api) -> None:
    policy(api, validations=[{"expression": "false"}])
    assert create(api, "a")[0] == 201
    bind(api)
    assert create(api, "b")[0] == 422
    api.send("DELETE", f"{ADMISSION}/validatingadmissionpolicies/p")
    assert create(api, "b")[0] == 201


@pytest.mark.parametrize(
    ("reason", "code"), [("Forbidden", 403), ("Unauthorized", 401), ("RequestEntityTooLarge", 413), ("Invalid", 422)]
)
def test_a_validation_says_reason_and_message(api: Api, reason: str, code: int) -> None:
    validate(api, {"expression": "false", "message": "no", "reason": reason})
    got, told = create(api, "a")
    assert (got, told["code"], told["reason"]) == (code, code, reason)
    assert told["message"].endswith("denied request: no")


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ("'too large: ' + object.metadata.name", "too large: a"),
        ("'  '", "stated"),
        ("'two\\nlines'", "stated"),
        ("object.data.missing", "stated"),
    ],
)
def test_a_message_can_be_made(api: Api, made: str, told: str) -> None:
    validate(api, {"expression": "false", "message": "stated", "messageExpression": f"string({made})"})
    assert create(api, "a")[1]["message"].endswith(f"denied request: {told}")


def test_updates_and_deletions_see_the_old_object(api: Api) -> None:
    rules = [rule("configmaps", "UPDATE", "DELETE")]
    validate(
        api,
        "oldObject.data.lock == 'open'", "request.operation != 'DELETE' || object == null",
        matchConstraints={"resourceRules": rules},
    )  # fmt: skip
    create(api, "a", lock="open")
    create(api, "b", lock="shut")
    assert api.send("DELETE", f"{CONFIG_MAPS}/b")[0] == 422
    assert api.send("PATCH", f"{CONFIG_MAPS}/b", {"data": {"lock": "open"}}, MERGE)[0] == 422
    assert api.send("PATCH", f"{CONFIG_MAPS}/a", {"data": {"lock": "shut"}}, MERGE)[0] == 200


def test_rules_selectors_and_exclusions_decide_what_is_looked_at(api: Api) -> None:
    validate(
        api, "false",
        matchConstraints={
            "resourceRules": [rule()],
            "excludeResourceRules": [rule(resourceNames=["free"])],
            "objectSelector": {"matchLabels": {"checked": "yes"}},
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "default"}},
        },
    )  # fmt: skip
    assert create(api, "a")[0] == 201
    assert create(api, "b", {"checked": "yes"})[0] == 422
    assert create(api, "free", {"checked": "yes"})[0] == 201
    elsewhere = CONFIG_MAPS.replace("default", "kube-public")
    assert api.send("POST", elsewhere, config_map("b", {"checked": "yes"}))[0] == 201


def test_a_binding_narrows_its_policy(api: Api) -> None:
    policy(api, validations=[{"expression": "false"}])
    bind(api, matchResources={"objectSelector": {"matchLabels": {"a": "b"}}})
    bind(api, name="c", matchResources={"resourceRules": [rule("secrets")]})
    assert create(api, "a")[0] == 201
    assert create(api, "b", {"a": "b"})[0] == 422


def test_match_conditions_skip_and_errors_in_them_count_by_the_failure_policy(api: Api) -> None:
    condition = {"name": "c", "expression": "object.data.checked == 'yes'"}
    validate(api, "false", matchConditions=[condition])
    assert create(api, "a", checked="no")[0] == 201
    assert create(api, "b", checked="yes")[0] == 422
    code, told = create(api, "c", other="x")
    assert code == 422
    assert "expression 'object.data.checked == 'yes'' resulted in error: no such key: checked" in told["message"]
    api.send("PATCH", f"{ADMISSION}/validatingadmissionpolicies/p", {"spec": {"failurePolicy": "Ignore"}}, MERGE)
    assert create(api, "c", other="x")[0] == 201


def test_an_expression_that_fails_denies_unless_failures_are_ignored(api: Api) -> None:
    validate(api, "object.data.missing == 'x'")
    code, told = create(api, "a", other="x")
    assert code == 422
    assert told["message"].endswith("expression 'object.data.missing == 'x'' resulted in error: no such key: missing")
    api.send("PATCH", f"{ADMISSION}/validatingadmissionpolicies/p", {"spec": {"failurePolicy": "Ignore"}}, MERGE)
    assert create(api, "a", other="x")[0] == 201


def test_variables_build_on_each_other_and_fail_only_where_they_are_reached(api: Api) -> None:
    variables = [
        {"name": "size", "expression": "int(object.data.size)"},
        {"name": "double", "expression": "variables.size * 2"},
        {"name": "broken", "expression": "object.data.missing"},
    ]
    validate(
        api, "variables.double < 10", "variables.size > 0 || variables.broken == 'x'", variables=variables
    )  # fmt: skip
    assert create(api, "a", size="4")[0] == 201
    assert create(api, "b", size="5")[1]["message"].endswith("failed expression: variables.double < 10")
    assert 'composited variable "broken" fails to evaluate' in create(api, "c", size="0")[1]["message"]


def test_the_namespace_and_the_user_can_be_asked_about(api: Api) -> None:
    validate(
        api,
        "namespaceObject.metadata.name == 'default'",
        "request.userInfo.username == 'admin' && request.namespace == 'default'",
        "request.resource.resource == 'configmaps'",
        "authorizer.group('apps').resource('deployments').namespace('x').check('create').allowed()",
        "!authorizer.serviceAccount('default', 'nobody').group('').resource('secrets').check('list').allowed()",
        "authorizer.requestResource.check('update').allowed() && authorizer.path('/metrics').check('get').allowed()",
    )
    code, told = create(api, "a")
    assert code == 201, told


def test_warnings_do_not_deny(api: Api) -> None:
    policy(api, validations=[{"expression": "false", "message": "mind"}])
    bind(api, "Warn", "Audit")
    request = api.warned("POST", CONFIG_MAPS, config_map("a"))
    assert request == ["Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': mind"]
    assert api.send("GET", f"{CONFIG_MAPS}/a")[0] == 200


def test_a_cost_bomb_is_stopped(api: Api) -> None:
    validate(
        api,
        "[1,2,3,4,5,6,7,8,9,10].all(a, object.data.all(b, object.data.all(c, object.data.all(d, b + c + d != ''))))",
    )
    code, told = api.send("POST", CONFIG_MAPS, config_map("a", **{f"k{n}": "v" * 100 for n in range(100)}))
    assert code == 422
    assert "cost limit exceeded" in told["message"]
    assert api.send("GET", "/version")[0] == 200


def test_parameters_are_objects_of_any_kind(api: Api) -> None:
    create(api, "limits", most="3")
    policy(
        api, paramKind={"apiVersion": "v1", "kind": "ConfigMap"},
        validations=[{"expression": "size(object.data) <= int(params.data.most)"}],
        matchConditions=[{"name": "others", "expression": "object.metadata.name != 'limits'"}],
    )  # fmt: skip
    bind(api, paramRef={"name": "limits", "namespace": "default", "parameterNotFoundAction": "Deny"})
    assert create(api, "a", a="1", b="2", c="3")[0] == 201
    assert create(api, "b", a="1", b="2", c="3", d="4")[0] == 422
    api.send("PATCH", f"{CONFIG_MAPS}/limits", {"data": {"most": "4"}}, MERGE)
    assert create(api, "b", a="1", b="2", c="3", d="4")[0] == 201


def test_every_selected_parameter_is_asked(api: Api) -> None:
    for most in ("1", "2"):
        create(api, f"limit{most}", {"limit": "yes"}, most=most)
    policy(
        api, paramKind={"apiVersion": "v1", "kind": "ConfigMap"},
        validations=[{"expression": "size(object.data) <= int(params.data.most)",
                      "messageExpression": "'at most ' + params.data.most"}],
    )  # fmt: skip
    bind(api, paramRef={"selector": {"matchLabels": {"limit": "yes"}}, "parameterNotFoundAction": "Deny"})
    assert create(api, "a", a="1")[0] == 201
    assert create(api, "b", a="1", b="2")[1]["message"].endswith("denied request: at most 1")


@pytest.mark.parametrize(("action", "code"), [("Allow", 201), ("Deny", 422)])
def test_missing_parameters_count_as_the_binding_says(api: Api, action: str, code: int) -> None:
    policy(
        api, paramKind={"apiVersion": "v1", "kind": "ConfigMap"}, validations=[{"expression": "params.data.x == ''"}]
    )  # fmt: skip
    bind(api, paramRef={"name": "nowhere", "parameterNotFoundAction": action})
    got, told = create(api, "a")
    assert got == code
    if code == 422:
        missing = "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction"
        assert told["message"].endswith(missing)


def test_an_unknown_kind_of_parameter_is_told(api: Api) -> None:
    policy(api, paramKind={"apiVersion": "x.io/v1", "kind": "Limit"}, validations=[{"expression": "true"}])
    bind(api, paramRef={"name": "a", "parameterNotFoundAction": "Deny"})
    told = create(api, "a")[1]["message"]
    assert told.endswith("failed to configure binding: paramKind kind `x.io/v1, Kind=Limit` not known")


def test_equivalent_forms_are_seen_in_the_form_that_a_policy_speaks_of(api: Api) -> None:
    rules = [{**rule("horizontalpodautoscalers", group="autoscaling"), "apiVersions": ["v2"]}]
    validate(api, "has(object.spec.metrics)", matchConstraints={"resourceRules": rules})
    scaler = {
        "apiVersion": "autoscaling/v1",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "a"},
        "spec": {"maxReplicas": 3, "scaleTargetRef": {"kind": "Deployment", "name": "d", "apiVersion": "apps/v1"},
                 "targetCPUUtilizationPercentage": 50},
    }  # fmt: skip
    code, told = api.send("POST", "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers", scaler)
    assert code == 201, told


def test_policies_are_not_subject_to_policies(api: Api) -> None:
    everything = {"apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*/*"], "operations": ["*"]}
    validate(api, "false", matchConstraints={"resourceRules": [everything]})
    assert create(api, "a")[0] == 422
    assert api.send("DELETE", f"{ADMISSION}/validatingadmissionpolicies/p")[0] == 200


NOT_COMPILED = [
    ({"validations": [{"expression": "object.x =="}]}, "spec.validations[0].expression", "Syntax error"),
    ({"validations": [{"expression": "nothing == 1"}]}, "spec.validations[0].expression", "undeclared reference to"),
    ({"validations": [{"expression": "params.x == 1"}]}, "spec.validations[0].expression", "undeclared reference to"),
    ({"validations": [{"expression": "'text'"}]}, "spec.validations[0].expression", "must evaluate to bool"),
    (
        {"validations": [{"expression": "true", "messageExpression": "1"}]},
        "spec.validations[0].messageExpression", "must evaluate to string",
    ),
    (
        {"validations": [{"expression": "true", "messageExpression": "authorizer.path('/').check('get').reason()"}]},
        "spec.validations[0].messageExpression", "undeclared reference to",
    ),
    (
        {"validations": [{"expression": "variables.x == 1"}], "variables": [{"name": "y", "expression": "1"}]},
        "spec.validations[0].expression", "undefined field 'x'",
    ),
    (
        {"validations": [{"expression": "true"}], "variables": [
            {"name": "x", "expression": "variables.y"}, {"name": "y", "expression": "1"}]},
        "spec.variables[0].expression", "undeclared reference to 'variables",
    ),
    (
        {"validations": [{"expression": "true"}], "matchConditions": [{"name": "a", "expression": "1 + 1"}]},
        "spec.matchConditions[0].expression", "must evaluate to bool",
    ),
    (
        {"auditAnnotations": [{"key": "k", "valueExpression": "1"}]},
        "spec.auditAnnotations[0].valueExpression", "must evaluate to one of [string null_type]",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "field", "why"), NOT_COMPILED)
def test_an_expression_that_does_not_compile_is_refused_at_its_place(
    api: Api, spec: JSON, field: str, why: str
) -> None:
    code, told = policy(api, **spec)
    assert code == 422
    [cause] = told["details"]["causes"]
    assert (cause["field"], cause["reason"]) == (field, "FieldValueInvalid")
    assert why in cause["message"]


def test_a_configuration_is_laid_over_the_object(api: Api) -> None:
    mutate(api, "Object{metadata: Object.metadata{labels: {'a': 'b'}}, data: {'made': object.data.given + '!'}}")
    code, made = create(api, "a", {"c": "d"}, given="x")
    assert code == 201, made
    assert made["metadata"]["labels"] == {"a": "b", "c": "d"}
    assert made["data"] == {"given": "x", "made": "x!"}


def test_lists_are_merged_by_their_keys_and_defaults_follow(api: Api) -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    api.send("POST", "/api/v1/namespaces/default/serviceaccounts", account)
    mutate(
        api,
        "Object{spec: Object.spec{initContainers: [Object.spec.initContainers{"
        "name: 'mesh', image: 'mesh:1', args: ['proxy'], restartPolicy: 'Always'}]}}",
        matchConstraints={"resourceRules": [rule("pods")]},
    )
    containers = {
        "containers": [{"name": "main", "image": "app"}],
        "initContainers": [{"name": "first", "image": "init"}],
    }
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": containers}
    code, made = api.send("POST", "/api/v1/namespaces/default/pods", pod)
    assert code == 201, made
    _, mesh = sorted(made["spec"]["initContainers"], key=lambda each: each["name"])
    assert (mesh["args"], mesh["imagePullPolicy"]) == (["proxy"], "IfNotPresent")


def test_a_json_patch_is_carried_out(api: Api) -> None:
    mutate(
        api,
        "[JSONPatch{op: 'test', path: '/data/a', value: 'x'},"
        " JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('example.com/env'), value: 'test'},"
        " JSONPatch{op: 'move', from: '/data/a', path: '/data/b'}]",
    )
    made = create(api, "a", {"c": "d"}, a="x")[1]
    assert made["metadata"]["labels"] == {"c": "d", "example.com/env": "test"}
    assert made["data"] == {"b": "x"}


def test_mutations_and_policies_build_on_each_other_in_order_of_name(api: Api) -> None:
    count = "[JSONPatch{op: 'add', path: '/data/n' + string(size(object.data)), value: 'x'}]"
    mutate(api, count, count, name="a")
    mutate(api, count, name="b")
    assert create(api, "a", given="x")[1]["data"] == {"given": "x", "n1": "x", "n2": "x", "n3": "x"}


def test_a_policy_is_asked_again_after_a_later_one_if_it_says_so(api: Api) -> None:
    early = "has(object.data.late) ? [JSONPatch{op: 'add', path: '/data/seen', value: 'yes'}] : []"
    mutate(api, early, name="early", reinvocationPolicy="IfNeeded")
    mutate(api, "Object{data: {'late': 'x'}}", name="later")
    assert create(api, "a", given="x")[1]["data"] == {"given": "x", "late": "x", "seen": "yes"}


def test_a_policy_is_asked_again_after_a_webhook_changed_the_object(api: Api, tmp_path: pathlib.Path) -> None:
    seen = "has(object.data.hooked) ? [JSONPatch{op: 'add', path: '/data/seen', value: 'yes'}] : []"
    mutate(api, seen, reinvocationPolicy="IfNeeded")
    change = webhook_server.patch({"op": "add", "path": "/data/hooked", "value": "x"})
    with webhook_server.listening(tmp_path / "hook", lambda request: change) as webhook:
        rules = [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["CREATE"]}]
        body = {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": "hook"},
            "webhooks": [
                {
                    "name": "a.test.io", "clientConfig": webhook.client(), "rules": rules,
                    "sideEffects": "None", "admissionReviewVersions": ["v1"],
                }
            ],
        }  # fmt: skip
        assert api.send("POST", f"{ADMISSION}/mutatingwebhookconfigurations", body)[0] == 201
        try:
            made = create(api, "a", given="x")[1]
        finally:
            api.send("DELETE", f"{ADMISSION}/mutatingwebhookconfigurations/hook")
    assert made["data"] == {"given": "x", "hooked": "x", "seen": "yes"}
    assert len(webhook.asked) == 1


def test_parameters_and_variables_shape_a_mutation(api: Api) -> None:
    create(api, "settings", env="prod")
    code, told = policy(
        api, "Mutating", paramKind={"apiVersion": "v1", "kind": "ConfigMap"},
        variables=[{"name": "labels", "expression": "Object.metadata{labels: {'env': params.data.env}}"}],
        matchConditions=[{"name": "unset", "expression": "!has(object.metadata.labels.env)"}],
        mutations=[mutation("Object{metadata: variables.labels}")],
    )  # fmt: skip
    assert code == 201, told
    bind(api, kind="Mutating", paramRef={"name": "settings", "parameterNotFoundAction": "Deny"})
    assert create(api, "a", {"x": "y"})[1]["metadata"]["labels"] == {"x": "y", "env": "prod"}
    assert create(api, "b", {"env": "mine"})[1]["metadata"]["labels"] == {"env": "mine"}


FAILING = [
    ("Object{spec: Object.spec{x: 1}}", "failed to convert patch object to typed object: .spec: field not declared"),
    ("Object{metadata: Object.metadata{ownerReferences: [Object.metadata.ownerReferences{uid: 1}]}}", "typed object"),
    ("[JSONPatch{op: 'remove', path: '/data/none'}]", "JSON Patch"),
    ("[JSONPatch{op: 'jump', path: '/data'}]", "JSON Patch"),
    ("[JSONPatch{op: 'replace', path: '/data', value: 7}]", "denied request"),
    ("[object.data.missing]", "no such key: missing"),
    ("['text']", "unsupported return type from JSONPatch expression"),
]


@pytest.mark.parametrize(("expression", "why"), FAILING)
def test_a_mutation_that_cannot_be_made_denies_unless_failures_are_ignored(api: Api, expression: str, why: str) -> None:
    mutate(api, expression)
    code, told = create(api, "a", given="x")
    assert code == 422
    assert told["message"].startswith("configmaps \"a\" is forbidden: policy 'p' with binding 'p' denied request: ")
    assert why in told["message"]
    api.send("PATCH", f"{ADMISSION}/mutatingadmissionpolicies/p", {"spec": {"failurePolicy": "Ignore"}}, MERGE)
    assert create(api, "a", given="x")[0] == 201


def test_what_apply_replaces_as_a_whole_is_left_alone(api: Api) -> None:
    rules = {"resourceRules": [rule("deployments", group="apps")]}
    mutate(
        api, "Object{spec: Object.spec{selector: Object.spec.selector{matchLabels: {'l': 'v'}}}}",
        matchConstraints=rules,
    )  # fmt: skip
    deployment = {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {
            "metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}},
    }  # fmt: skip
    told = api.send("POST", "/apis/apps/v1/namespaces/default/deployments", deployment)[1]["message"]
    assert told.endswith(
        "error applying patch: invalid ApplyConfiguration: "
        "may not mutate atomic arrays, maps or structs: .spec.selector"
    )


@pytest.mark.parametrize(
    ("expression", "field", "why"),
    [
        ("Object{spec: Object.specx{}}", "applyConfiguration", 'unexpected type name "Object.specx"'),
        ("Object{spec: nothing}", "applyConfiguration", "undeclared reference to 'nothing'"),
        ("[JSONPatch{oper: 'add'}]", "jsonPatch", "undefined field 'oper'"),
        ("'text'", "jsonPatch", "must evaluate to list(JSONPatch)"),
    ],
)
def test_a_mutation_that_does_not_compile_is_refused_at_its_place(
    api: Api, expression: str, field: str, why: str
) -> None:
    code, told = policy(api, "Mutating", mutations=[mutation(expression)])
    assert code == 422
    [cause] = told["details"]["causes"]
    assert cause["field"] == f"spec.mutations[0].{field}.expression"
    assert why in cause["message"]


WIDGETS = "/apis/example.com/v1/widgets"


def define_widgets(api: Api) -> None:
    widgets.define(api, widgets.definition(widgets.version(widgets.ANYTHING), scope="Cluster"))


def test_custom_resources_are_parameters_and_subjects(api: Api) -> None:
    define_widgets(api)
    assert api.send("POST", WIDGETS, widget("limit", most=3))[0] == 201
    policy(
        api, paramKind={"apiVersion": "example.com/v1", "kind": "Widget"},
        matchConstraints={"resourceRules": [rule("widgets", group="example.com")]},
        validations=[{"expression": "object.spec.size <= params.spec.most && namespaceObject == null"}],
    )  # fmt: skip
    bind(api, paramRef={"name": "limit", "parameterNotFoundAction": "Deny"})
    assert api.send("POST", WIDGETS, widget("a", size=3))[0] == 201
    assert api.send("POST", WIDGETS, widget("b", size=4))[0] == 422
    code, told = policy(
        api, "Mutating", "grow", matchConstraints={"resourceRules": [rule("widgets", group="example.com")]},
        mutations=[mutation("Object{spec: Object.spec{size: object.spec.size + 1, tags: ['x']}}")],
    )  # fmt: skip
    assert code == 201, told
    bind(api, kind="Mutating", policy="grow")
    code, made = api.send("POST", WIDGETS, widget("c", size=1))
    assert (code, made["spec"]) == (201, {"size": 2, "tags": ["x"]})


def test_a_kind_of_parameter_is_known_as_soon_as_it_is_defined(tmp_path: pathlib.Path) -> None:
    with running(tmp_path) as api:
        kind = {"apiVersion": "example.com/v1", "kind": "Widget"}
        policy(api, paramKind=kind, validations=[{"expression": "params.spec.open == true"}])
        bind(api, paramRef={"name": "door", "parameterNotFoundAction": "Deny"})
        assert "not known" in create(api, "a")[1]["message"]
        define_widgets(api)
        assert "no params found" in create(api, "a")[1]["message"]
        api.send("POST", WIDGETS, widget("door", open=True))
        assert create(api, "a")[0] == 201


def test_policies_hold_after_a_restart(tmp_path: pathlib.Path) -> None:
    with running(tmp_path) as api:
        validate(api, "object.metadata.name == 'good'")
    with running(tmp_path) as api:
        assert create(api, "good")[0] == 201
        assert create(api, "bad")[0] == 422
