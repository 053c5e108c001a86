"""Which of the default flow schemas a request falls under."""

import pytest

from pyk3s.apiserver import identity
from pyk3s.apiserver.flowcontrol import classifying, defaults

AUTHENTICATED = "system:authenticated"
SCHEMAS = classifying.schemas(
    [
        {**each, "metadata": {**each["metadata"], "uid": "u"}}
        for each in defaults.objects()
        if each["kind"] == "FlowSchema"
    ]
)


def found(user: str, *groups: str, **what: str) -> classifying.Schema:
    access = identity.Access(identity.User(user, (*groups, AUTHENTICATED)), **{"verb": "update", **what})
    return next(each for each in SCHEMAS if classifying.matches(each, access))


@pytest.mark.parametrize(
    ("user", "groups", "what", "name"),
    [
        ("root", ["system:masters"], {"plural": "pods"}, "exempt"),
        ("eve", [], {"plural": "pods", "namespace": "a"}, "global-default"),
        ("eve", [], {"verb": "get", "path": "/livez"}, "probes"),
        ("system:node:n", ["system:nodes"], {"plural": "nodes", "subresource": "status"}, "system-node-high"),
        ("system:node:n", ["system:nodes"], {"plural": "pods", "namespace": "a"}, "system-nodes"),
        ("system:kube-scheduler", [], {"plural": "pods", "namespace": "a"}, "kube-scheduler"),
        (
            "system:kube-scheduler",
            [],
            {"plural": "leases", "group": "coordination.k8s.io", "namespace": "kube-system"},
            "system-leader-election",
        ),
        (
            "system:serviceaccount:a:b",
            ["system:serviceaccounts"],
            {"plural": "pods", "namespace": "a"},
            "service-accounts",
        ),
        (
            "system:serviceaccount:kube-system:b",
            ["system:serviceaccounts"],
            {"plural": "pods", "namespace": "a"},
            "kube-system-service-accounts",
        ),
    ],
)
def test_requests_of_every_kind_find_their_schema(
    user: str, groups: list[str], what: dict[str, str], name: str
) -> None:
    assert found(user, *groups, **what).name == name


def test_flows_are_told_apart_by_user_or_namespace() -> None:
    access = identity.Access(identity.User("eve"), "get", plural="pods", namespace="a")
    by_name = {each.name: each for each in SCHEMAS}
    assert classifying.flow(by_name["global-default"], access) == "eve"
    assert classifying.flow(by_name["kube-scheduler"], access) == "a"
    assert classifying.flow(by_name["exempt"], access) == ""
