"""FlowSchemas: whom and what a rule names."""

from typing import Any

import pytest

JSON = dict[str, Any]
USER = {"kind": "User", "user": {"name": "ann"}}
RESOURCES = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "namespaces": ["*"]}


def schema(**rule: Any) -> JSON:
    whole = {"subjects": [USER], "resourceRules": [RESOURCES], **rule}
    return {"spec": {"matchingPrecedence": 5, "priorityLevelConfiguration": {"name": "x"}, "rules": [whole]}}


def test_a_flow_schema_is_accepted(said) -> None:
    assert said("flowschemas.flowcontrol.apiserver.k8s.io", schema()) == []


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ({"verbs": ["x"]}, 'verbs: Unsupported value: ["x"]: supported values: "create", "delete"'),
        (
            {"verbs": ["*", "get"]},
            'verbs: Invalid value: ["*","get"]: if \'*\' is present, must not specify other verbs',
        ),
        ({"apiGroups": []}, "apiGroups: Required value"),
        ({"resources": ["*", "a"]}, 'resources: Invalid value: ["*","a"]: if \'*\' is present, must not specify other'),
        (
            {"namespaces": ["A"]},
            "namespaces[0]: Invalid value: \"A\": each member of this list must be '*' or a DNS-1123 label; ",
        ),
        ({"namespaces": []}, "namespaces: Required value: resource rules that are not cluster scoped must supply at"),
    ],
)
def test_a_rule_of_resources_is_told_what_is_wrong_with_it(said, part: JSON, told: str) -> None:
    (found,) = said("flowschemas.flowcontrol.apiserver.k8s.io", schema(resourceRules=[{**RESOURCES, **part}]))
    assert found.startswith(f"spec.rules[0].resourceRules[0].{told}")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("a", "must start with slash"),
        ("/a b", "must not contain white-space"),
        ("/a//b", "must not contain double slash"),
        ("/x*y", "wildcard can only do suffix matching"),
    ],
)
def test_a_path_is_absolute_and_open_at_its_end_alone(said, url: str, told: str) -> None:
    rules = {"nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": [url, "/a/*", "/"]}]}
    (found,) = said("flowschemas.flowcontrol.apiserver.k8s.io", schema(**rules))
    assert found == f'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "{url}": {told}'


def test_a_subject_says_no_more_than_its_kind_has(said) -> None:
    subject = {**USER, "group": {"name": "g"}}
    (found,) = said("flowschemas.flowcontrol.apiserver.k8s.io", schema(subjects=[subject]))
    where = "spec.rules[0].subjects[0].group"
    assert found == f"{where}: Forbidden: group is forbidden when subject kind is not 'Group'"
