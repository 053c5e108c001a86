"""kubectl where controllers and a scheduler act: wait, rollouts, cascades, namespaces that end."""

import json

import pytest


@pytest.fixture
def web(controlled_kubectl):
    """A deployment whose controller has seen it."""
    controlled_kubectl("create", "deployment", "web", "--image=web:1", "--replicas=2")
    controlled_kubectl("wait", "deployment/web", "--for=jsonpath={.status.observedGeneration}=1", "--timeout=30s")
    return controlled_kubectl


def test_a_wait_ends_with_the_condition_that_it_waits_for(web):
    waiting = web.start("wait", "deployment/web", "--for=condition=Tested", "--timeout=30s")
    condition = {"type": "Tested", "status": "True", "reason": "Done", "message": ""}
    web("patch", "deployment", "web", "--subresource=status", "-p", json.dumps({"status": {"conditions": [condition]}}))
    assert "condition met" in waiting.communicate(timeout=60)[0]
    assert "timed out" in web.refusal("wait", "deployment/web", "--for=condition=Never", "--timeout=1s")


def test_a_wait_for_deletion_ends_when_the_object_is_gone(web):
    web("create", "configmap", "short")
    waiting = web.start("wait", "configmap/short", "--for=delete", "--timeout=30s")
    web("delete", "configmap", "short")
    waiting.communicate(timeout=60)
    assert waiting.returncode == 0


def test_a_rollout_has_a_history_and_goes_back(web):
    web("set", "image", "deployment/web", "web=web:2")
    web("wait", "deployment/web", "--for=jsonpath={.status.observedGeneration}=2", "--timeout=30s")
    assert len(web("rollout", "history", "deployment/web").strip().splitlines()) == 4
    assert "web:1" in web("rollout", "history", "deployment/web", "--revision=1")
    web("rollout", "undo", "deployment/web")
    assert web.value("deployment", "web", path=".spec.template.spec.containers[0].image") == "web:1"
    assert "Waiting for deployment" in web("rollout", "status", "deployment/web", "--watch=false")


def test_pods_are_described_with_their_events(web):
    text = web("describe", "deployment", "web")
    assert "NewReplicaSet:" in text
    assert "ScalingReplicaSet" in text


def test_a_deleted_deployment_takes_its_replica_sets_and_pods(web):
    web("delete", "deployment", "web", "--cascade=foreground", "--timeout=50s")
    assert web.names("replicasets,pods") == []


def test_an_orphaned_replica_set_stays(web):
    web("delete", "deployment", "web", "--cascade=orphan", "--timeout=50s")
    [left] = web.names("replicasets")
    assert web.value(left, path=".metadata.ownerReferences") == ""


def test_a_namespace_goes_with_all_that_is_in_it(controlled_kubectl):
    controlled_kubectl("apply", "-f", controlled_kubectl.manifest("shop.yaml"))
    controlled_kubectl("delete", "namespace", controlled_kubectl.namespace, "--timeout=50s")
    assert "not found" in controlled_kubectl.refusal("get", "namespace", controlled_kubectl.namespace)
