"""What cells say: ages, selectors, one-word states of pods."""

import pytest

from pyk3s.api import cells
from pyk3s.api.tables import pods

NOW = 1767323045.0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "<invalid>"),
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (125, "2m5s"),
        (599, "9m59s"),
        (3600, "60m"),
        (3 * 3600 + 60, "3h1m"),
        (9 * 3600, "9h"),
        (50 * 3600, "2d2h"),
        (30 * 86400, "30d"),
        (800 * 86400, "2y70d"),
        (9 * 365 * 86400, "9y"),
    ],
)
def test_a_duration_shows_two_units_at_most(seconds, text):
    assert cells.duration(seconds) == text


def test_a_selector_is_shown_as_text_in_order_of_keys():
    value = {"matchLabels": {"b": "1"}, "matchExpressions": [{"key": "a", "operator": "In", "values": ["y", "x"]}]}
    assert cells.selector(value) == "a in (x,y),b=1"
    assert cells.selector({}) == "<none>"


def pod(status, **spec):
    return {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "main"}], **spec}, "status": status}


def container(state, **more):
    return {"name": "main", "state": state, "restartCount": 0, **more}


def test_a_container_that_completed_beside_a_running_one_leaves_the_pod_running():
    status = {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [
            container({"terminated": {"reason": "Completed", "exitCode": 0}}),
            container({"running": {}}, ready=True),
        ],
    }
    assert pods.row(pod(status), NOW)[2] == "Running"


def test_a_container_that_ended_without_a_reason_shows_its_exit_code():
    status = {"phase": "Failed", "containerStatuses": [container({"terminated": {"exitCode": 3}})]}
    assert pods.row(pod(status), NOW)[2] == "ExitCode:3"


def test_a_pod_shows_how_far_its_init_containers_are():
    status = {"phase": "Pending", "initContainerStatuses": [{"name": "i", "state": {"running": {}}}]}
    assert pods.row(pod(status, initContainers=[{"name": "i"}]), NOW)[2] == "Init:0/1"


def test_a_started_sidecar_counts_among_the_ready_containers():
    status = {
        "phase": "Running",
        "initContainerStatuses": [{"name": "s", "state": {"running": {}}, "started": True, "ready": True}],
        "containerStatuses": [container({"running": {}}, ready=True)],
    }
    assert pods.row(pod(status, initContainers=[{"name": "s", "restartPolicy": "Always"}]), NOW)[1] == "2/2"


def test_restarts_tell_when_the_last_one_was():
    ended = {"terminated": {"finishedAt": "2026-01-02T02:59:05Z"}}
    status = {"phase": "Running", "containerStatuses": [container({"running": {}}, restartCount=2, lastState=ended)]}
    assert pods.row(pod(status), NOW)[3] == "2 (5m ago)"
