"""Declarative work with kubectl: apply from both sides, diff, replace, delete."""

import pytest
import yaml
from kubectl_runner import MANIFESTS

SIDES = [pytest.param([], id="client-side"), pytest.param(["--server-side"], id="server-side")]


def _edited(name: str, **changes: str) -> str:
    """A manifest with pieces of its text exchanged."""
    text = MANIFESTS.joinpath(name).read_text()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


def _config_map(name: str, labels: dict[str, str] | None = None, **data: str) -> str:
    metadata = {"name": name, "labels": labels or {}}
    return yaml.safe_dump({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})


@pytest.mark.parametrize("side", SIDES)
def test_every_kubectl_applies_a_shop_and_applies_it_again_without_change(any_kubectl, side):
    first = any_kubectl("apply", *side, "-f", any_kubectl.manifest("shop.yaml"))
    again = any_kubectl("apply", *side, "-f", any_kubectl.manifest("shop.yaml"), "-o", "yaml")
    objects = yaml.safe_load(again)["items"]
    assert len(first.splitlines()) == len(objects)
    assert {item["metadata"].get("generation", 1) for item in objects} == {1}
    assert any_kubectl("diff", *side, "-f", any_kubectl.manifest("shop.yaml")) == ""


@pytest.mark.parametrize("side", SIDES)
def test_a_changed_manifest_changes_what_it_names_and_removes_what_it_forgets(kubectl, side):
    kubectl("apply", *side, "-f", kubectl.manifest("shop.yaml"))
    kubectl("apply", *side, "-f", "-", feed=_edited("shop.yaml", **{"web:1": "web:2", "  colour: green\n": ""}))
    assert kubectl.value("deployment", "web", path=".spec.template.spec.containers[0].image") == "web:2"
    assert kubectl.json("get", "configmap", "settings")["data"] == {"size": "9"}


@pytest.mark.parametrize("side", SIDES)
def test_what_others_set_survives_an_apply(kubectl, side):
    kubectl("apply", *side, "-f", kubectl.manifest("shop.yaml"))
    kubectl("label", "deployment", "web", "team=blue")
    kubectl("apply", *side, "-f", "-", feed=_edited("shop.yaml", **{"web:1": "web:2"}))
    assert kubectl.value("deployment", "web", path=".metadata.labels.team") == "blue"


def test_a_diff_tells_what_an_apply_would_change(kubectl):
    kubectl("apply", "-f", kubectl.manifest("shop.yaml"))
    for side in ([], ["--server-side"]):
        changed = _edited("shop.yaml", **{"web:1": "web:2"})
        difference = kubectl.run("diff", *side, "--force-conflicts" if side else "-R=false", "-f", "-", feed=changed)
        assert difference.returncode == 1
        assert "+        image: web:2" in difference.stdout.replace("- image", "  image")
    assert kubectl.value("deployment", "web", path=".spec.template.spec.containers[0].image") == "web:1"


def test_two_managers_of_one_field_conflict_until_one_is_forced(kubectl):
    manifest = kubectl.manifest("shop.yaml")
    kubectl("apply", "--server-side", "--field-manager=first", "-f", manifest)
    changed = _edited("shop.yaml", **{"colour: green": "colour: red"})
    words = ("apply", "--server-side", "--field-manager=second", "-f", "-")
    assert 'conflict with "first": .data.colour' in kubectl.refusal(*words, feed=changed)
    kubectl(*words, "--force-conflicts", feed=changed)
    assert kubectl.value("configmap", "settings", path=".data.colour") == "red"


def test_an_object_applied_by_the_client_moves_to_the_server_side(kubectl):
    kubectl("apply", "-f", kubectl.manifest("shop.yaml"))
    kubectl("apply", "--server-side", "-f", kubectl.manifest("shop.yaml"))
    kubectl("apply", "--server-side", "-f", "-", feed=_edited("shop.yaml", **{"  colour: green\n": ""}))
    assert kubectl.json("get", "configmap", "settings")["data"] == {"size": "9"}


def test_a_dry_run_changes_nothing(kubectl):
    kubectl("apply", "--dry-run=server", "-f", kubectl.manifest("shop.yaml"))
    assert kubectl.names("configmaps,deployments,services", "--field-selector=metadata.name!=kube-root-ca.crt") == []


def test_pruning_removes_what_is_no_longer_named(kubectl):
    words = ("apply", "-l", "shop=yes", "--prune", "--prune-allowlist=core/v1/ConfigMap", "-f", "-")
    pair = [_config_map(name, labels={"shop": "yes"}) for name in "ab"]
    kubectl(*words, feed="---\n".join(pair))
    assert "configmap/b pruned" in kubectl(*words, feed=pair[0])


def test_a_misspelt_field_is_refused_by_name(kubectl):
    wrong = _edited("shop.yaml", **{"replicas:": "replcas:"})
    assert "replcas" in kubectl.refusal("apply", "-f", "-", feed=wrong)
    assert "replcas" in kubectl.refusal("apply", "--server-side", "-f", "-", feed=wrong)
    assert "created" in kubectl("apply", "--validate=ignore", "-f", "-", feed=wrong)


def test_a_replacement_takes_all_and_a_forced_one_makes_a_new_object(kubectl):
    kubectl("create", "configmap", "settings", "--from-literal=a=1")
    uid = kubectl.value("configmap", "settings", path=".metadata.uid")
    new = _config_map("settings", b="2")
    kubectl("replace", "-f", "-", feed=new)
    assert kubectl.json("get", "configmap", "settings")["data"] == {"b": "2"}
    assert kubectl.value("configmap", "settings", path=".metadata.uid") == uid
    kubectl("replace", "--force", "-f", "-", feed=new)
    assert kubectl.value("configmap", "settings", path=".metadata.uid") != uid


def test_a_read_object_can_be_replaced_until_another_writes_it(kubectl):
    kubectl("create", "configmap", "settings", "--from-literal=a=1")
    read = kubectl("get", "configmap", "settings", "-o", "yaml")
    kubectl("label", "configmap", "settings", "seen=yes")
    assert "the object has been modified" in kubectl.refusal("replace", "-f", "-", feed=read)


def test_objects_are_deleted_by_file_label_kind_and_all(kubectl):
    kubectl("apply", "-f", kubectl.manifest("shop.yaml"))
    kubectl("delete", "-f", kubectl.manifest("shop.yaml"), "--wait=false")
    for name in ("a", "b", "c"):
        kubectl("create", "configmap", name)
    kubectl("label", "configmap", "a", "old=yes")
    kubectl("delete", "configmap", "-l", "old=yes")
    assert kubectl.names("configmap", "a", "--ignore-not-found") == []
    kubectl("delete", "configmap/b", "--dry-run=server")
    kubectl("delete", "configmaps", "--all")
    assert kubectl.names("configmaps", "--field-selector=metadata.name!=kube-root-ca.crt") == []
    assert "NotFound" in kubectl.refusal("delete", "configmap", "c")
    kubectl("delete", "configmap", "c", "--ignore-not-found")


@pytest.mark.parametrize("cascade", ["background", "foreground", "orphan"])
def test_a_deletion_cascades_as_told(kubectl, cascade):
    kubectl("create", "deployment", "web", "--image=web:1")
    kubectl("delete", "deployment", "web", f"--cascade={cascade}", "--wait=false")
    left = kubectl.run("get", "deployment", "web", "-o", "jsonpath={.metadata.finalizers}").stdout
    assert left == {"background": "", "foreground": '["foregroundDeletion"]', "orphan": '["orphan"]'}[cascade]


def test_a_pod_that_no_node_has_goes_at_once(kubectl):
    kubectl("run", "box", "--image=busybox:1")
    kubectl("delete", "pod", "box", "--now")
    kubectl("run", "box", "--image=busybox:1")
    kubectl("delete", "pod", "box", "--grace-period=0", "--force")
    assert kubectl.names("pods") == []
