"""Deployments, ReplicaSets, StatefulSets, DaemonSets, ReplicationControllers."""

from typing import Any

import pytest

JSON = dict[str, Any]
LABELS = {"app": "web"}


def workload(labels: JSON | None = None, **spec: Any) -> JSON:
    template = {"metadata": {"labels": labels or LABELS}, "spec": {"containers": [{"name": "m", "image": "x"}]}}
    return {"spec": {"selector": {"matchLabels": LABELS}, "template": template, **spec}}


@pytest.mark.parametrize("kind", ["deployments", "replicasets", "statefulsets", "daemonsets"])
def test_a_workload_finds_the_pods_it_makes(said, kind: str) -> None:
    assert said(f"{kind}.apps", workload()) == []
    found = said(f"{kind}.apps", workload({"app": "other"}))
    told = 'spec.template.metadata.labels: Invalid value: {"app":"other"}: `selector` does not match template `labels`'
    assert found == [told]


@pytest.mark.parametrize("kind", ["deployments", "statefulsets", "daemonsets"])
def test_the_selector_of_a_workload_is_fixed(said_of_update, kind: str) -> None:
    other = workload({"app": "web", "b": "c"}, selector={"matchLabels": {"b": "c"}})
    (found,) = said_of_update(f"{kind}.apps", workload(), other)
    assert found.startswith(("spec.selector: Invalid value: ", "spec: Forbidden: updates to statefulset spec"))


def test_expressions_select_too(said) -> None:
    expression = {"key": "app", "operator": "In", "values": ["web", "x"]}
    assert said("deployments.apps", workload(selector={"matchExpressions": [expression]})) == []
    absent = {"key": "app", "operator": "DoesNotExist"}
    assert len(said("deployments.apps", workload(selector={"matchExpressions": [absent]}))) == 1


@pytest.mark.parametrize(
    ("requirement", "told"),
    [
        (
            {"key": "a", "operator": "In"},
            "values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
        ),
        ({"key": "a", "operator": "Exists", "values": ["x"]}, "values: Forbidden: may not be specified when"),
        ({"key": "a", "operator": "Near"}, 'operator: Invalid value: "Near": not a valid selector operator'),
        ({"key": "a b", "operator": "Exists"}, 'key: Invalid value: "a b": name part must consist of'),
    ],
)
def test_a_malformed_requirement_is_told(said, requirement: JSON, told: str) -> None:
    found = said("deployments.apps", workload(selector={"matchExpressions": [requirement]}))
    assert found[0].startswith(f"spec.selector.matchExpressions[0].{told}")
    assert found[1].endswith("}]}: invalid label selector")
    assert len(found) == 2


def test_a_rollout_needs_room(said) -> None:
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "0%", "maxUnavailable": 0}}
    (found,) = said("deployments.apps", workload(strategy=rolling))
    assert found.endswith("may not be 0 when `maxSurge` is 0")
    (found,) = said("daemonsets.apps", workload(updateStrategy={"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}}))
    assert found.endswith("may not be set when maxUnavailable is non-zero")


def test_a_share_is_at_most_a_hundred_percent(said) -> None:
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": "101%"}}
    (found,) = said("deployments.apps", workload(strategy=rolling))
    assert found.endswith('Invalid value: "101%": must not be greater than 100%')


def test_progress_takes_longer_than_readiness(said) -> None:
    (found,) = said("deployments.apps", workload(minReadySeconds=5, progressDeadlineSeconds=5))
    assert found.endswith("must be greater than minReadySeconds")


def test_counts_fit_together(said_of_update) -> None:
    status = {"replicas": 1, "readyReplicas": 1, "availableReplicas": 2}
    found = said_of_update("deployments.apps", workload(), {**workload(), "status": status}, "status")
    assert found == [
        "status.availableReplicas: Invalid value: 2: cannot be greater than status.replicas",
        "status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas",
    ]


def test_a_stateful_set_may_change_its_template_and_little_else(said_of_update) -> None:
    assert said_of_update("statefulsets.apps", workload(serviceName="a"), workload(serviceName="a", replicas=4)) == []
    (found,) = said_of_update("statefulsets.apps", workload(serviceName="a"), workload(serviceName="b"))
    assert found.startswith("spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals'")


def test_a_replication_controller_selects_by_plain_labels(said) -> None:
    template = workload()["spec"]["template"]
    assert said("replicationcontrollers", {"spec": {"selector": LABELS, "template": template}}) == []
    (found,) = said("replicationcontrollers", {"spec": {"selector": {"a": "b"}, "template": template}})
    assert found.startswith("spec.template.metadata.labels: Invalid value")


@pytest.mark.parametrize(
    ("kind", "field", "told"),
    [
        ("deployments", "strategy", 'supported values: "Recreate", "RollingUpdate"'),
        ("daemonsets", "updateStrategy", 'supported values: "RollingUpdate", "OnDelete"'),
    ],
)
def test_an_unknown_strategy_is_shown_as_a_whole(said, kind: str, field: str, told: str) -> None:
    (found,) = said(f"{kind}.apps", workload(**{field: {"type": "Odd"}}))
    assert found == f'spec.{field}: Unsupported value: {{"Type":"Odd","RollingUpdate":null}}: {told}'


def test_text_that_is_no_percentage_counts_as_none(said) -> None:
    found = said("statefulsets.apps", workload(updateStrategy={"rollingUpdate": {"maxUnavailable": "few"}}))
    assert found[0].startswith(
        'spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "few": a valid percent'
    )
    assert found[1].endswith('"few": cannot be 0')


def test_a_daemon_set_without_selector_matches_nothing(said) -> None:
    template = workload()["spec"]["template"]
    (found,) = said("daemonsets.apps", {"spec": {"template": template}})
    assert found.endswith("`selector` does not match template `labels`")


def test_the_name_of_a_stateful_set_becomes_a_host_name(said) -> None:
    (found,) = said("statefulsets.apps", {"metadata": {"name": "a.b"}, **workload()})
    assert found == 'metadata.name: Invalid value: "a.b": must not contain dots'
