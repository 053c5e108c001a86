"""Which rule of a policy decides, and which policies are refused."""

import pytest

from pyk3s.apiserver import identity
from pyk3s.apiserver.audit import policy as policies

ALICE = identity.User("alice", ("dev", "system:authenticated"))


def made(*rules, **more):
    return policies.policy({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": list(rules), **more})


def level(policy, verb="get", plural="", name="", user=ALICE, **more):
    return policy.rule(identity.Access(user, verb, plural=plural, name=name, **more)).level.label


def resource(*names, group="", **more):
    return {"level": "Metadata", "resources": [{"group": group, "resources": list(names), **more}]}


def test_the_first_rule_that_matches_decides():
    policy = made({"level": "None", "users": ["alice"]}, {"level": "Metadata"})
    assert level(policy) == "None"
    assert level(policy, user=identity.User("bob")) == "Metadata"


def test_what_no_rule_matches_is_not_recorded():
    assert level(made({"level": "Metadata", "verbs": ["create"]})) == "None"


def test_groups_match_if_the_user_is_in_one_of_them():
    policy = made({"level": "Request", "userGroups": ["ops", "dev"]})
    assert level(policy) == "Request"
    assert level(policy, user=identity.User("bob", ("other",))) == "None"


@pytest.mark.parametrize(
    ("stated", "plural", "subresource", "matches"),
    [
        ("pods", "pods", "", True),
        ("pods", "pods", "log", False),
        ("pods/log", "pods", "log", True),
        ("pods/*", "pods", "log", True),
        ("pods/*", "services", "status", False),
        ("*/status", "services", "status", True),
        ("*/status", "services", "", False),
        ("*", "services", "status", True),
    ],
)
def test_resources_match_with_their_subresources_and_wildcards(stated, plural, subresource, matches):
    found = level(made(resource(stated)), plural=plural, subresource=subresource)
    assert (found == "Metadata") is matches


def test_a_group_without_resources_matches_all_of_the_group():
    policy = made({"level": "Metadata", "resources": [{"group": "apps"}]})
    assert level(policy, plural="deployments", group="apps") == "Metadata"
    assert level(policy, plural="pods") == "None"


def test_resource_names_match_only_those():
    policy = made(resource("configmaps", resourceNames=["leader"]))
    assert level(policy, plural="configmaps", name="leader") == "Metadata"
    assert level(policy, plural="configmaps", name="other") == "None"


def test_the_empty_namespace_stands_for_what_is_in_none():
    policy = made({"level": "Metadata", "namespaces": [""]})
    assert level(policy, plural="nodes") == "Metadata"
    assert level(policy, plural="pods", namespace="default") == "None"


@pytest.mark.parametrize(
    ("url", "path", "matches"),
    [("/healthz*", "/healthz/ping", True), ("/version", "/version/", False), ("*", "/anything", True)],
)
def test_paths_match_exactly_or_by_prefix(url, path, matches):
    assert (level(made({"level": "Metadata", "nonResourceURLs": [url]}), path=path) == "Metadata") is matches


def test_a_rule_about_paths_does_not_speak_of_resources():
    policy = made({"level": "Metadata", "nonResourceURLs": ["*"]})
    assert level(policy, plural="pods", path="/api/v1/pods") == "None"


def test_stages_are_left_out_by_the_policy_and_by_the_rule():
    policy = made({"level": "Metadata", "omitStages": ["Panic"]}, omitStages=["RequestReceived"])
    assert policy.rules[0].omit_stages == {"Panic", "RequestReceived"}


def test_a_rule_may_show_the_managed_fields_that_the_policy_leaves_out():
    policy = made({"level": "Request", "omitManagedFields": False}, {"level": "Request"}, omitManagedFields=True)
    assert [rule.omit_managed_fields for rule in policy.rules] == [False, True]


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ([], "a mapping is wanted"),
        ({"apiVersion": "audit.k8s.io/v1beta1", "kind": "Policy", "rules": []}, "wanted are audit.k8s.io/v1"),
        ({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": []}, "at least one rule"),
        ({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rule": []}, "unknown field 'rule'"),
    ],
)
def test_a_document_that_is_no_policy_is_refused(document, told):
    with pytest.raises(policies.BadPolicy, match=told):
        policies.policy(document)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"level": "metadata"}, r"rules\[0\].level: 'metadata' is none of"),
        ({"level": ["None"]}, "level"),
        ({"level": "None", "users": "alice"}, "users: a list of texts"),
        ({"level": "None", "user": ["alice"]}, "unknown field 'user'"),
        ({"level": "None", "omitStages": ["Later"]}, "'Later' is none of"),
        ({"level": "None", "nonResourceURLs": ["healthz"]}, "must begin with /"),
        ({"level": "None", "nonResourceURLs": ["/*/z"]}, "only at its end"),
        ({"level": "None", "nonResourceURLs": ["/z"], "namespaces": ["a"]}, "not both"),
        ({"level": "None", "resources": [{"group": "apps/v1"}]}, "no group name"),
        ({"level": "None", "resources": [{"resourceNames": ["a"]}]}, "at least one resource"),
        ({"level": "None", "resources": {"group": ""}}, "a list is wanted"),
        ({"level": "None", "omitManagedFields": "yes"}, "true or false"),
    ],
)
def test_a_rule_that_cannot_be_meant_so_is_refused(rule, told):
    with pytest.raises(policies.BadPolicy, match=told):
        made(rule)
