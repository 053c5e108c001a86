"""Rules of webhooks against operations."""

from typing import Any, NamedTuple

import pytest

from pyk3s.api import selectors
from pyk3s.api.schema import pack
from pyk3s.apiserver.admission import matching

CATALOG = pack.load().catalog


class Criteria(NamedTuple):
    rules: list[dict[str, Any]]
    excluded: list[dict[str, Any]] = []
    match_policy: str = "Exact"
    namespace_selector: selectors.LabelSelector = selectors.EVERYTHING
    object_selector: selectors.LabelSelector = selectors.EVERYTHING


def rule(resource: str, group: str = "*", version: str = "*", operation: str = "*", scope: str = "*") -> dict[str, Any]:
    return {
        "apiGroups": [group],
        "apiVersions": [version],
        "resources": [resource],
        "operations": [operation],
        "scope": scope,
    }


def operation(plural: str, subresource: str = "", group: str = "", version: str = "v1", namespace: str = "default"):
    resource = CATALOG.find(group, version, plural)
    assert resource is not None
    return matching.Operation("CREATE", resource, subresource, namespace)


@pytest.mark.parametrize(
    ("text", "subresource", "matches"),
    [
        ("pods", "", True),
        ("pods", "status", False),
        ("pods/status", "status", True),
        ("pods/status", "", False),
        ("pods/*", "status", True),
        ("*", "", True),
        ("*", "status", False),
        ("*/status", "status", True),
        ("*/*", "exec", True),
        ("services", "", False),
    ],
)
def test_resources_are_named_with_their_sub_resources(text: str, subresource: str, matches: bool) -> None:
    found = matching.matched_resource(Criteria([rule(text)]), operation("pods", subresource), ())
    assert (found is not None) is matches


@pytest.mark.parametrize(
    "other", [rule("pods", group="apps"), rule("pods", version="v2"), rule("pods", operation="DELETE")]
)
def test_group_version_and_operation_must_fit(other: dict[str, Any]) -> None:
    assert matching.matched_resource(Criteria([other]), operation("pods"), ()) is None


def test_a_namespace_is_in_cluster_scope() -> None:
    inside = matching.matched_resource(
        Criteria([rule("*", scope="Namespaced")]), operation("namespaces", namespace="a"), ()
    )
    outside = matching.matched_resource(
        Criteria([rule("*", scope="Cluster")]), operation("namespaces", namespace="a"), ()
    )
    assert (inside, outside is not None) == (None, True)


def test_another_version_of_the_same_objects_matches_only_if_equivalents_count() -> None:
    asked = operation("horizontalpodautoscalers", group="autoscaling", version="v1")
    newer = CATALOG.find("autoscaling", "v2", "horizontalpodautoscalers")
    assert newer is not None
    rules = [rule("horizontalpodautoscalers", version="v2")]
    assert matching.matched_resource(Criteria(rules), asked, [newer]) is None
    assert matching.matched_resource(Criteria(rules, match_policy="Equivalent"), asked, [newer]) is newer


def test_excluded_rules_win() -> None:
    criteria = Criteria([rule("*")], excluded=[rule("pods")])
    assert matching.matched_resource(criteria, operation("pods"), ()) is None
    assert matching.matched_resource(criteria, operation("services"), ()) is not None


def test_selectors_look_at_the_new_and_the_old_object_but_not_at_options() -> None:
    selector = selectors.from_label_selector({"matchLabels": {"a": "b"}})
    labelled = {"metadata": {"labels": {"a": "b"}}}
    assert matching.selects(selector, {"metadata": {}}, labelled)
    assert not matching.selects(selector, {"metadata": {}}, None)
    assert not matching.selects(selectors.from_label_selector({"matchExpressions": [
        {"key": "a", "operator": "DoesNotExist"}]}), {"kind": "PodExecOptions"})  # fmt: skip
