"""What of a quota is used by what there is."""

import pytest

from pyk3s.client import resources
from pyk3s.controllers.quota import counting


def pod(cpu="1", phase="Running", **spec):
    containers = [{"name": "c", "resources": {"requests": {"cpu": cpu}, "limits": {"memory": "1Gi"}}}]
    return {"metadata": {"name": "p"}, "spec": {"containers": containers, **spec}, "status": {"phase": phase}}


@pytest.mark.parametrize(
    ("name", "resource"),
    [
        ("pods", "pods"), ("cpu", "pods"), ("limits.memory", "pods"), ("requests.example.com/gpu", "pods"),
        ("count/pods", "pods"), ("count/deployments.apps", "deployments.apps"), ("services.nodeports", "services"),
        ("requests.storage", "persistentvolumeclaims"), ("persistentvolumeclaims", "persistentvolumeclaims"),
        ("fast.storageclass.storage.k8s.io/requests.storage", "persistentvolumeclaims"), ("secrets", "secrets"),
        ("requests.ephemeral-storage", "pods"),
    ],
)  # fmt: skip
def test_every_name_is_about_a_resource(name, resource):
    assert counting.resource_of(name) == resource


def test_the_pods_that_run_are_added_up():
    spec = {"hard": {"pods": "5", "requests.cpu": "4", "limits.memory": "8Gi"}}
    found = {"pods": (resources.PODS, [pod("500m"), pod("1500m"), pod(phase="Succeeded")])}
    assert counting.used(spec, found) == {"pods": "2", "requests.cpu": "2", "limits.memory": "2Gi"}


def test_only_what_the_scopes_cover_is_counted():
    spec = {"hard": {"pods": "5"}, "scopes": ["Terminating"]}
    found = {"pods": (resources.PODS, [pod(), pod(activeDeadlineSeconds=60)])}
    assert counting.used(spec, found) == {"pods": "1"}


def test_numbers_are_taken_as_they_are_under_both_names():
    found = {"secrets": (resources.SECRETS, 7)}
    assert counting.used({"hard": {"secrets": "9", "count/secrets": "9"}}, found) == {
        "secrets": "7",
        "count/secrets": "7",
    }


def test_what_is_not_served_is_not_used():
    assert counting.used({"hard": {"count/widgets.example.com": "3"}}, {}) == {"count/widgets.example.com": "0"}
