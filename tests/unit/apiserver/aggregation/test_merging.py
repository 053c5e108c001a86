"""Discovery of this server and of those behind it in one."""

from pyk3s.apiserver.aggregation import merging

RESOURCES = [
    {"name": "nodes", "singularName": "", "namespaced": False, "kind": "NodeMetrics", "verbs": ["get", "list"]},
    {"name": "nodes/scale", "kind": "Scale", "group": "autoscaling", "version": "v1", "verbs": ["get"]},
]


def served(group: str, version: str = "v1", *, priority: int = 100, current: bool = True) -> merging.Served:
    return merging.Served(group, version, priority, 10, RESOURCES, current)


def own(*names: str) -> dict:
    return {
        "kind": "APIGroupList",
        "groups": [{"name": name, "versions": [], "preferredVersion": {}} for name in names],
    }


def test_groups_stand_in_order_of_their_priority() -> None:
    merged = merging.group_list(
        own("apps", "batch", "custom.io"), [served("low.io"), served("high.io", priority=17600)]
    )
    assert [each["name"] for each in merged["groups"]] == ["apps", "high.io", "batch", "custom.io", "low.io"]


def test_a_group_of_several_versions_prefers_the_first_by_priority() -> None:
    versions = [served("a.io", "v1beta1")._replace(version_priority=1), served("a.io", "v1")]
    found = merging.group(None, merging.by_group(versions)["a.io"])
    assert found["preferredVersion"]["version"] == "v1"
    assert [each["version"] for each in found["versions"]] == ["v1", "v1beta1"]


def test_aggregated_discovery_nests_sub_resources_and_says_what_is_stale() -> None:
    document = {"items": [{"metadata": {"name": "apps"}, "versions": []}]}
    merged = merging.aggregated(document, [served("metrics.k8s.io", current=False)])
    version = merged["items"][1]["versions"][0]
    assert version["freshness"] == "Stale"
    [nodes] = version["resources"]
    assert nodes["scope"] == "Cluster"
    assert nodes["responseKind"] == {"group": "metrics.k8s.io", "version": "v1", "kind": "NodeMetrics"}
    assert nodes["subresources"][0]["responseKind"] == {"group": "autoscaling", "version": "v1", "kind": "Scale"}
