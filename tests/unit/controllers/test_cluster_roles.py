"""Claims about which rules a ClusterRole that aggregates must hold, and when they are written."""

import msgspec
from controller_run import run
from fake_api import FakeApi, until

from pyk3s.controllers import cluster_roles
from pyk3s.controllers.cluster_roles import ClusterRole

ROLE = "/apis/rbac.authorization.k8s.io/v1/clusterroles/{}"


def rule(resource: str, *verbs: str) -> dict[str, list[str]]:
    return {"apiGroups": [""], "resources": [resource], "verbs": list(verbs or ("get",))}


def leaf(name: str, *rules: dict[str, list[str]], **labels: str) -> ClusterRole:
    return msgspec.convert({"metadata": {"name": name, "labels": labels}, "rules": list(rules)}, ClusterRole)


def stacked(name: str, *selected: str, rules: object = None, **labels: str) -> ClusterRole:
    chosen = [{"matchLabels": {each: "yes"}} for each in selected]
    described = {
        "metadata": {"name": name, "labels": labels},
        "aggregationRule": {"clusterRoleSelectors": chosen},
        "rules": rules,
    }
    return msgspec.convert(described, ClusterRole)


def wanted(name: str, *roles: ClusterRole) -> list[str]:
    known = {role.metadata.name: role for role in roles}
    return [each.resources[0] for each in cluster_roles.aggregated(known[name], known)]


def test_it_holds_what_its_selectors_match_in_their_order_and_by_name() -> None:
    roles = (
        stacked("all", "second", "first"),
        leaf("z", rule("pods"), first="yes"),
        leaf("b", rule("nodes"), rule("events"), second="yes"),
        leaf("a", rule("secrets"), second="yes"),
        leaf("other", rule("leases"), first="no"),
    )
    assert wanted("all", *roles) == ["secrets", "nodes", "events", "pods"]


def test_a_rule_is_taken_once_but_kept_apart_from_one_with_other_verbs() -> None:
    roles = (
        stacked("all", "part"),
        leaf("a", rule("pods"), rule("pods", "list"), part="yes"),
        leaf("b", rule("pods"), part="yes"),
    )
    assert wanted("all", *roles) == ["pods", "pods"]


def test_expressions_select_too() -> None:
    role = stacked("all")
    assert role.aggregation_rule is not None
    role.aggregation_rule.cluster_role_selectors.append(
        {"matchExpressions": [{"key": "part", "operator": "In", "values": ["x", "y"]}]}
    )
    assert wanted("all", role, leaf("a", rule("pods"), part="y"), leaf("b", rule("nodes"), part="z")) == ["pods"]


def test_it_reaches_through_others_that_aggregate_and_does_not_trust_what_they_store() -> None:
    stale = [rule("leases")]
    roles = (
        stacked("top", "middle"),
        stacked("middle", "bottom", rules=stale, middle="yes"),
        leaf("low", rule("pods"), bottom="yes"),
    )
    assert wanted("top", *roles) == ["pods"]


def test_roles_that_select_each_other_or_themselves_come_to_rest() -> None:
    roles = (
        stacked("a", "x", "b", rules=[rule("old")], a="yes", x="yes"),
        stacked("b", "a", rules=[rule("older")], b="yes"),
        leaf("c", rule("pods"), x="yes"),
    )
    assert wanted("a", *roles) == wanted("b", *roles) == ["pods"]


def test_without_a_match_it_holds_nothing() -> None:
    assert wanted("all", stacked("all", "part", rules=[rule("pods")])) == []


def test_only_what_a_rule_says_is_written() -> None:
    path = {"verbs": ["get"], "nonResourceURLs": ["/healthz"]}
    assert msgspec.to_builtins(msgspec.convert(path, cluster_roles.PolicyRule)) == {
        "verbs": ("get",),
        "nonResourceURLs": ("/healthz",),
    }


def test_each_change_costs_one_write_per_role_that_it_concerns() -> None:
    api = FakeApi()

    def put(role: ClusterRole) -> None:
        api.put(ROLE.format(role.metadata.name), msgspec.to_builtins(role))

    def stored(name: str) -> list[str]:
        return [each["resources"][0] for each in api.objects[ROLE.format(name)]["rules"] or ()]

    for role in (stacked("a", "x", "b", a="yes"), stacked("b", "a", b="yes"), leaf("c", rule("pods"), x="yes")):
        put(role)

    async def test() -> None:
        await until(lambda: stored("a") == stored("b") == ["pods"], "roles that select each other are filled")
        put(leaf("d", rule("leases")))
        put(leaf("e", rule("nodes"), x="yes"))
        await until(lambda: stored("a") == stored("b") == ["pods", "nodes"], "and follow")

    run(api, cluster_roles.Controller, test)
    assert api.writes() == {"PATCH": 4}
