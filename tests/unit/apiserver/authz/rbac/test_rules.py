import pytest

from pyk3s.apiserver import identity
from pyk3s.apiserver.authz.rbac import rules

ALICE = identity.User("alice", ("system:authenticated",))


def resource_rule(**parts):
    return rules.compiled({"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], **parts})


def asks(verb="get", group="", plural="pods", **more):
    return identity.Access(ALICE, verb, group, "v1", plural, **more)


@pytest.mark.parametrize(
    ("parts", "access", "allowed"),
    [
        ({}, asks(), True),
        ({}, asks("list"), False),
        ({}, asks(group="apps"), False),
        ({}, asks(subresource="log"), False),
        ({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}, asks("any", "x", "y", subresource="z"), True),
        ({"resources": ["*/scale"]}, asks(plural="deployments", subresource="scale"), True),
        ({"resources": ["*/scale"]}, asks(plural="deployments"), False),
        ({"resources": ["pods/log"]}, asks(subresource="log"), True),
        ({"resources": ["pods/log"]}, asks(), False),
        ({"resourceNames": ["mine"]}, asks(name="mine"), True),
        ({"resourceNames": ["mine"]}, asks(name="other"), False),
        ({"resourceNames": ["mine"]}, asks(), False),
    ],
)
def test_a_rule_matches_verb_group_resource_and_name(parts, access, allowed):
    assert resource_rule(**parts).allows(access) is allowed


@pytest.mark.parametrize(("path", "allowed"), [("/a", True), ("/b/c", True), ("/b", False), ("/bc", False)])
def test_a_path_matches_exactly_or_by_prefix(path, allowed):
    rule = rules.compiled({"nonResourceURLs": ["/a", "/b/*"], "verbs": ["get"]})
    assert rule.allows(identity.Access(ALICE, "get", path=path)) is allowed


def test_a_rule_about_paths_says_nothing_about_resources():
    rule = rules.compiled({"nonResourceURLs": ["*"], "verbs": ["*"]})
    assert not rule.allows(asks())


def test_what_is_missing_is_told_per_resource_with_its_verbs():
    held = [resource_rule()]
    wanted = [{"apiGroups": [""], "resources": ["pods", "secrets"], "verbs": ["get", "list"]}]
    told = [rules.told(each) for each in rules.compact(rules.missing(held, wanted))]
    assert told == [
        '{APIGroups:[""], Resources:["pods"], Verbs:["list"]}',
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
    ]


def test_a_rule_for_some_names_does_not_cover_one_for_all():
    held = [resource_rule(resourceNames=["mine"])]
    assert rules.missing(held, [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}])


def test_everything_covers_anything():
    held = [rules.compiled({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]})]
    assert not rules.missing(held, [{"apiGroups": ["x"], "resources": ["y/z", "*/scale"], "verbs": ["v"]}])
