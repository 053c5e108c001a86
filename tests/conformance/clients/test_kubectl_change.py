"""kubectl commands that change one thing of an object: patch, edit, label, taint, scale, set, cordon, rollout."""

import json

import pytest


@pytest.fixture
def web(kubectl):
    """A deployment in the test's namespace."""
    kubectl("create", "deployment", "web", "--image=web:1", "--replicas=2")
    return kubectl


@pytest.fixture
def node(kubectl):
    """A node of the test's own."""
    name = f"node-{kubectl.namespace}"
    kubectl("create", "-f", "-", feed=json.dumps({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}))
    yield name
    kubectl("delete", "node", name)


PATCHES = {
    "strategic": {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "web:2"}]}}}},
    "merge": {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "web:2"}]}}}},
    "json": [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "web:2"}],
}


@pytest.mark.parametrize("sort", PATCHES)
def test_a_patch_of_each_sort_changes_a_deployment(web, sort):
    assert "patched" in web("patch", "deployment", "web", f"--type={sort}", "-p", json.dumps(PATCHES[sort]))
    assert web.value("deployment", "web", path=".spec.template.spec.containers[0].image") == "web:2"
    assert "(no change)" in web("patch", "deployment", "web", f"--type={sort}", "-p", json.dumps(PATCHES[sort]))


def test_a_strategic_patch_adds_beside_a_container_where_a_merge_patch_replaces_it(web):
    sidecar = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "side:1"}]}}}}
    web("patch", "deployment", "web", "-p", json.dumps(sidecar))
    assert web.value("deployment", "web", path=".spec.template.spec.containers[*].name") == "side web"
    web("patch", "deployment", "web", "--type=merge", "-p", json.dumps(sidecar))
    assert web.value("deployment", "web", path=".spec.template.spec.containers[*].name") == "side"


def test_a_patch_of_a_subresource_leaves_the_rest_alone(web):
    web("patch", "deployment", "web", "--subresource=scale", "--type=merge", "-p", '{"spec":{"replicas":5}}')
    web("patch", "deployment", "web", "--subresource=status", "--type=merge", "-p", '{"status":{"replicas":4}}')
    assert web.value("deployment", "web", path=".spec.replicas") == "5"
    assert web.value("deployment", "web", "--subresource=status", path=".status.replicas") == "4"


def test_a_patch_that_leads_nowhere_is_refused(web):
    wrong = json.dumps([{"op": "test", "path": "/spec/replicas", "value": 7}])
    assert "request is invalid" in web.refusal("patch", "deployment", "web", "--type=json", "-p", wrong)
    other = json.dumps({"spec": {"selector": {"matchLabels": {"app": "other"}}}})
    assert "field is immutable" in web.refusal("patch", "deployment", "web", "-p", other)


def test_an_editor_changes_what_it_saves(web):
    web("edit", "deployment", "web", KUBE_EDITOR="sed -i s/web:1/web:2/")
    assert web.value("deployment", "web", path=".spec.template.spec.containers[0].image") == "web:2"
    assert "no changes made" in web.run("edit", "deployment", "web", KUBE_EDITOR="true").stderr
    wrong = web.run("edit", "deployment", "web", KUBE_EDITOR="sed -i s/replicas:.*/replicas:\\ -1/")
    assert wrong.returncode
    assert "is invalid" in wrong.stderr


def test_labels_and_annotations_come_change_and_go(web):
    web("label", "deployment", "web", "tier=front")
    assert "already has a value" in web.refusal("label", "deployment", "web", "tier=back")
    web("label", "deployment", "web", "tier=back", "--overwrite")
    assert web.names("deployments", "-l", "tier in (back)") == ["deployment.apps/web"]
    web("label", "deployment", "web", "tier-")
    assert web.names("deployments", "-l", "tier") == []
    web("annotate", "deployment", "web", "note=first word")
    web("annotate", "deployments", "--all", "note=second", "--overwrite")
    assert web.value("deployment", "web", path=".metadata.annotations.note") == "second"
    web("annotate", "deployment", "web", "note-")
    assert web.value("deployment", "web", path=".metadata.annotations.note") == ""


def test_a_node_is_tainted_cordoned_and_labelled(kubectl, node):
    kubectl("taint", "node", node, "only=me:NoSchedule")
    assert kubectl.value("node", node, path=".spec.taints[0].effect") == "NoSchedule"
    kubectl("taint", "node", node, "only=you:NoSchedule", "--overwrite")
    kubectl("taint", "node", node, "only-")
    kubectl("cordon", node)
    assert kubectl.value("node", node, path=".spec.unschedulable") == "true"
    kubectl("uncordon", node)
    assert kubectl.value("node", node, path=".spec.unschedulable") == ""
    kubectl("label", "node", node, "disk=fast")
    assert kubectl.names("nodes", "-l", "disk=fast") == [f"node/{node}"]
    kubectl("drain", node, "--ignore-daemonsets")


def test_a_workload_is_scaled_if_its_count_is_as_told(web):
    web("scale", "deployment", "web", "--replicas=4")
    assert "Expected replicas to be 9, was 4" in web.refusal(
        "scale", "deployment", "web", "--current-replicas=9", "--replicas=1"
    )
    web("scale", "deployment", "web", "--current-replicas=4", "--replicas=1")
    assert web.value("deployment", "web", path=".spec.replicas") == "1"


def test_image_environment_resources_account_and_selector_are_set(web):
    web("create", "configmap", "settings", "--from-literal=SIZE=9")
    web("set", "image", "deployment/web", "web=web:3")
    web("set", "env", "deployment/web", "A=1", "B=2")
    web("set", "env", "deployment/web", "A-")
    web("set", "env", "deployment/web", "--from=configmap/settings")
    web("set", "resources", "deployment/web", "--requests=cpu=100m", "--limits=cpu=1,memory=64Mi")
    web("set", "serviceaccount", "deployment", "web", "default")
    pod = web.json("get", "deployment", "web")["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert container["image"] == "web:3"
    assert [variable["name"] for variable in container["env"]] == ["B", "SIZE"]
    assert container["resources"] == {"limits": {"cpu": "1", "memory": "64Mi"}, "requests": {"cpu": "100m"}}
    assert pod["serviceAccountName"] == "default"
    web("create", "service", "clusterip", "web", "--tcp=80")
    web("set", "selector", "service", "web", "app=other")
    assert web.value("service", "web", path=".spec.selector.app") == "other"


def test_subjects_are_added_to_a_binding(kubectl):
    kubectl("create", "rolebinding", "readers", "--clusterrole=view", "--user=jane")
    kubectl("set", "subject", "rolebinding", "readers", "--user=joe", "--serviceaccount=default:robot")
    assert kubectl.value("rolebinding", "readers", path=".subjects[*].name") == "jane joe robot"


def test_a_rollout_is_paused_resumed_and_restarted(web):
    web("rollout", "pause", "deployment/web")
    assert web.value("deployment", "web", path=".spec.paused") == "true"
    web("rollout", "resume", "deployment/web")
    web("rollout", "restart", "deployment/web")
    assert "restartedAt" in web.value("deployment", "web", path=".spec.template.metadata.annotations")


def test_access_is_reconciled_from_a_file(kubectl):
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "reader", "namespace": kubectl.namespace},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
    }
    assert "reconciled" in kubectl("auth", "reconcile", "-f", "-", feed=json.dumps(role))
    role["rules"][0]["verbs"].append("list")
    kubectl("auth", "reconcile", "-f", "-", feed=json.dumps(role))
    assert "list" in kubectl.value("role", "reader", path=".rules[*].verbs")
