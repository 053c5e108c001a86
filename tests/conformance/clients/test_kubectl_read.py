"""kubectl commands that read: get in every form, selections, watches, describe of every kind, access, proxy."""

import json
import re
import urllib.request

import pytest

# Events name the namespace they are in, which a manifest for any namespace cannot; they have a test of their own.
EVENTS = {"events", "events.events.k8s.io"}
# Some of these kubectls describe them through a beta version, which a server of 1.36 has off by default.
DESCRIBED_AS_BETA = {
    "ipaddresses.networking.k8s.io",
    "servicecidrs.networking.k8s.io",
    "volumeattributesclasses.storage.k8s.io",
}


@pytest.fixture
def shop(kubectl):
    """The objects of shop.yaml in the test's namespace."""
    kubectl("apply", "--server-side", "-f", kubectl.manifest("shop.yaml"))
    return kubectl


def _data_rows(table: str) -> list[str]:
    return table.splitlines()[1:]


def test_one_object_is_shown_in_every_form(shop):
    get = ("get", "deployment", "web")
    assert shop(*get).split()[:5] == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]
    assert "IMAGES" in shop(*get, "-o", "wide")
    assert shop(*get, "--show-labels").rstrip().endswith("app=web")
    assert shop(*get, "-L", "app").split()[5] == "APP"
    assert shop(*get, "-o", "name") == "deployment.apps/web\n"
    assert json.loads(shop(*get, "-o", "json"))["kind"] == "Deployment"
    assert "kind: Deployment\n" in shop(*get, "-o", "yaml")
    assert "managedFields:" in shop(*get, "-o", "yaml", "--show-managed-fields")
    assert shop(*get, "-o", "jsonpath={.spec.template.spec.containers[0].image}") == "web:1"
    assert shop(*get, "-o", "go-template={{.spec.replicas}}") == "3"
    columns = shop(*get, "-o", "custom-columns=N:.metadata.name,R:.spec.replicas")
    assert columns.split() == ["N", "R", "web", "3"]
    assert shop("get", "deployment", "web", "nothing", "--ignore-not-found", "-o", "name") == "deployment.apps/web\n"
    assert 'deployments.apps "nothing" not found' in shop.refusal("get", "deployment", "nothing")


def test_many_kinds_are_listed_together(shop):
    names = shop.names("configmap,secret,service,deploy,sts,ds,cj,job,ing,netpol,pdb,hpa,role,rolebinding,pvc")
    assert len(names) >= 15
    assert {"deployment.apps/web", "statefulset.apps/store", "daemonset.apps/logs"} <= set(shop.names("all"))


def test_lists_are_selected_by_label_and_by_field(kubectl):
    for name, colour in (("a", "red"), ("b", "green"), ("c", "green")):
        kubectl("create", "configmap", name)
        kubectl("label", "configmap", name, f"colour={colour}")
    assert kubectl.names("configmaps", "-l", "colour=green") == ["configmap/b", "configmap/c"]
    assert kubectl.names("configmaps", "-l", "colour in (red,blue)") == ["configmap/a"]
    assert kubectl.names("configmaps", "-l", "colour,colour!=green") == ["configmap/a"]
    assert kubectl.names("configmaps", "--field-selector", "metadata.name=b") == ["configmap/b"]
    assert '"data.x"' in kubectl.refusal("get", "configmaps", "--field-selector=data.x=1")
    newest_first = kubectl.names("configmaps", "-l", "colour", "--sort-by", "{.metadata.labels.colour}")
    assert newest_first[-1] == "configmap/a"
    assert f"{kubectl.namespace} " in kubectl("get", "configmaps", "--all-namespaces", "-l", "colour=red")


def test_pods_are_selected_by_node_and_phase(kubectl):
    kubectl("run", "box", "--image=busybox:1")
    assert kubectl.names("pods", "--field-selector=status.phase=Pending,spec.nodeName=") == ["pod/box"]
    assert kubectl.names("pods", "--field-selector=status.phase!=Pending") == []


def test_a_long_list_comes_in_pieces(kubectl):
    items = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"part-{number}", "labels": {"part": "yes"}}}
        for number in range(12)
    ]
    kubectl("create", "-f", "-", feed=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    done = kubectl.run("get", "configmaps", "-l", "part", "--chunk-size=5", "-v=6")
    assert len(_data_rows(done.stdout)) == 12
    assert len(re.findall(r"continue=", done.stderr)) == 2


def test_a_watch_shows_what_happens(kubectl):
    watch = kubectl.start("get", "configmaps", "--watch", "--output-watch-events", "--no-headers", "-l", "seen")
    try:
        kubectl("create", "-f", "-", feed=_config_map("a"))
        assert watch.stdout.readline().split()[:2] == ["ADDED", "a"]
        kubectl("annotate", "configmap", "a", "x=y")
        assert watch.stdout.readline().split()[:2] == ["MODIFIED", "a"]
        kubectl("label", "configmap", "a", "seen-")
        assert watch.stdout.readline().split()[:2] == ["DELETED", "a"]
    finally:
        watch.kill()
        watch.communicate()


def _config_map(name: str) -> str:
    labelled = {"name": name, "labels": {"seen": "yes"}}
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": labelled})


def test_an_object_of_every_kind_is_listed_and_described(shop):
    others = shop.manifest("others.yaml")
    shop("apply", "--server-side", "-f", others)
    try:
        kinds = set(shop("api-resources", "--verbs=create,get", "-o", "name").split()) - EVENTS
        for kind in sorted(kind for kind in kinds if not kind.endswith(".test")):  # of which others.yaml defines one
            [first, *_] = shop.names(kind) or [""]
            assert first, f"the manifests hold no {kind}"
            if kind not in DESCRIBED_AS_BETA:
                assert re.match(r"Name: +\S", shop("describe", first)), kind
    finally:
        shop("delete", "-f", others, "--wait=false")


def test_events_are_listed_with_what_they_are_about(kubectl):
    kubectl("run", "box", "--image=busybox:1")
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "box.1"},
        "involvedObject": {"apiVersion": "v1", "kind": "Pod", "name": "box", "namespace": kubectl.namespace},
        "type": "Warning",
        "reason": "Tired",
        "message": "needs a rest",
        "lastTimestamp": "2026-01-02T03:04:05Z",
    }
    kubectl("create", "-f", "-", feed=json.dumps(event))
    assert "needs a rest" in kubectl("events", "--for", "pod/box")
    assert "Tired" in kubectl("get", "events", "--field-selector", "involvedObject.name=box,type=Warning")


def test_one_may_ask_what_one_may(kubectl):
    assert kubectl("auth", "can-i", "create", "pods") == "yes\n"
    assert kubectl.run("auth", "can-i", "create", "pods", "--as=jane").stdout == "no\n"
    kubectl("create", "role", "reader", "--verb=get,list", "--resource=pods,pods/log")
    kubectl("create", "rolebinding", "readers", "--role=reader", "--user=jane")
    assert kubectl("auth", "can-i", "get", "pods", "--subresource=log", "--as=jane") == "yes\n"
    assert re.search(r"^pods +\[\] +\[\] +\[get list\]$", kubectl("auth", "can-i", "--list", "--as=jane"), re.M)
    assert kubectl("get", "pods", "--as=jane") == ""
    assert 'User "jane" cannot list resource "secrets"' in kubectl.refusal("get", "secrets", "--as=jane")


def test_one_may_ask_who_one_is(newest_kubectl):
    review = newest_kubectl.json("auth", "whoami")
    assert "system:masters" in review["status"]["userInfo"]["groups"]


def test_the_server_tells_its_versions_and_resources(kubectl):
    assert {"v1", "apps/v1", "batch/v1"} <= set(kubectl("api-versions").split())
    assert "deployments" in kubectl("api-resources", "--api-group=apps", "--namespaced=true")
    assert "pods" in kubectl("api-resources", "--categories=all", "-o", "name")
    assert json.loads(kubectl("version", "-o", "json"))["serverVersion"]["minor"] == "36"
    assert "control plane" in kubectl("cluster-info")
    assert kubectl("get", "--raw", "/readyz") == "ok"
    assert json.loads(kubectl("get", "--raw", "/apis/apps/v1"))["groupVersion"] == "apps/v1"


def test_a_proxy_passes_plain_requests_on(kubectl):
    proxy = kubectl.start("proxy", "--port=0")
    try:
        port = re.search(r":(\d+)$", proxy.stdout.readline().strip()).group(1)
        with urllib.request.urlopen(
            f"http://127.0.0.1:{port}/api/v1/namespaces/{kubectl.namespace}", timeout=30
        ) as reply:
            assert json.load(reply)["kind"] == "Namespace"
    finally:
        proxy.kill()
        proxy.communicate()
