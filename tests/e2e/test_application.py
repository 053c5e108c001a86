"""One cluster, one two-tier application, real kubectl: what a person does on the first day."""

import json
import pathlib
import re
import subprocess
import sys

import hosts
import pytest

pytestmark = [pytest.mark.root, pytest.mark.timeout(600)]

MANIFEST = pathlib.Path(__file__).parent / "manifests/application.yaml"
VERSIONS = hosts.kubectl_versions() or [""]
OLDEST_AND_NEWEST = sorted({VERSIONS[0], VERSIONS[-1]})
each_kubectl = pytest.mark.parametrize("version", OLDEST_AND_NEWEST)

# Asks a URL until its standard input closes, then prints how many answers were right and every other outcome.
ASKING = """
import collections, json, select, sys, urllib.request
outcomes = collections.Counter()
while not select.select([sys.stdin], [], [], 0.02)[0]:
    try:
        with urllib.request.urlopen(sys.argv[1], timeout=5) as reply:
            outcomes[reply.read().decode()] += 1
    except OSError as error:
        outcomes[repr(error)] += 1
print(json.dumps(outcomes))
"""


@pytest.fixture(scope="module")
def application(server):
    server.kubectl("apply", "-f", str(MANIFEST))
    for name in ("backend", "frontend"):
        server.kubectl("rollout", "status", f"deployment/{name}", "--timeout=120s", timeout=130)
    return server


def pods(server, selector):
    listed = server.kubectl("get", "pods", "-l", selector, "-o", "json").stdout
    return json.loads(listed)["items"]


def container_ids(server):
    return {
        status["containerID"]: status["restartCount"]
        for pod in pods(server, "app in (frontend, backend)")
        for status in pod["status"]["containerStatuses"]
    }


def test_the_front_end_shows_its_configmap(application):
    page = application.kubectl("exec", "deploy/frontend", "--", "wget", "-qO-", "http://frontend/").stdout
    assert page == "front end\n"


def test_the_front_end_reaches_the_back_end_by_service_name(application):
    script = application.kubectl("exec", "deploy/frontend", "--", "wget", "-qO-", "http://backend/").stdout
    through_the_page = application.kubectl(
        "exec", "deploy/backend", "--", "wget", "-qO-", "http://frontend.default.svc.cluster.local/cgi-bin/back"
    ).stdout
    assert (script, through_the_page) == ("back end\n", "back end\n")


def test_a_node_port_answers_on_the_nodes_address(application):
    asked = application.host.run("busybox", "wget", "-qO-", f"http://{hosts.ADDRESS}:30080/")
    assert asked.stdout == "front end\n"


@each_kubectl
def test_logs_show_what_the_container_wrote(application, version):
    pod = pods(application, "app=frontend")[0]["metadata"]["name"]
    assert "serving one" in application.kubectl("logs", pod, version=version).stdout


@each_kubectl
def test_exec_passes_input_output_and_status(application, version):
    done = application.kubectl("exec", "-i", "deploy/backend", "--", "cat", version=version, feed="through\n")
    failed = application.kubectl("exec", "deploy/backend", "--", "sh", "-c", "exit 7", version=version, check=False)
    assert (done.stdout, failed.returncode) == ("through\n", 7)


@each_kubectl
def test_port_forward_carries_a_request(application, version):
    words = application.kubectl_words("port-forward", "service/frontend", ":80", version=version)
    forward = subprocess.Popen(application.host.command(*words), stdout=subprocess.PIPE, text=True)
    try:
        port = re.search(r"127\.0\.0\.1:(\d+)", forward.stdout.readline())[1]
        page = application.host.run("busybox", "wget", "-qO-", f"http://127.0.0.1:{port}/").stdout
    finally:
        forward.terminate()
        forward.communicate(timeout=20)
    assert page == "front end\n"


@each_kubectl
def test_describe_shows_conditions_and_events(application, version):
    pod = pods(application, "app=backend")[0]["metadata"]["name"]
    described = application.kubectl("describe", "pod", pod, version=version).stdout
    assert re.search(r"Ready +True", described)
    assert re.search(r"Normal +Started .* kubelet", described)
    assert "Successfully assigned default/" in described


@each_kubectl
def test_scale_changes_the_number_of_pods(application, version):
    for count in (2, 1):
        application.kubectl("scale", "deployment/backend", f"--replicas={count}", version=version)
        application.kubectl("rollout", "status", "deployment/backend", "--timeout=60s", version=version)
        hosts.eventually(lambda count=count: len(pods(application, "app=backend")) == count, 60)


@each_kubectl
def test_a_rolling_update_fails_no_request_and_can_be_undone(application, version):
    address = application.kubectl("get", "service", "frontend", "-o", "jsonpath={.spec.clusterIP}").stdout
    command = application.host.command(sys.executable, "-c", ASKING, f"http://{address}/index.html")
    asking = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        application.kubectl("set", "env", "deployment/frontend", f"RELEASE=two-{version}", version=version)
        application.kubectl("rollout", "status", "deployment/frontend", "--timeout=120s", version=version, timeout=130)
        hosts.eventually(lambda: len(pods(application, "app=frontend")) == 3, 60)
        assert f"serving two-{version}" in application.kubectl("logs", "deploy/frontend", version=version).stdout
        application.kubectl("rollout", "undo", "deployment/frontend", version=version)
        application.kubectl("rollout", "status", "deployment/frontend", "--timeout=120s", version=version, timeout=130)
        hosts.eventually(lambda: len(pods(application, "app=frontend")) == 3, 60)
        assert "serving one" in application.kubectl("logs", "deploy/frontend", version=version).stdout
    finally:
        out, _ = asking.communicate("\n", timeout=30)
    outcomes = json.loads(out)
    assert set(outcomes) == {"front end\n"}, outcomes
    assert outcomes["front end\n"] > 50


def test_a_changed_configmap_reaches_the_running_pod(application):
    application.kubectl("patch", "configmap", "pages", "-p", json.dumps({"data": {"news.html": "news\n"}}))
    read = ("exec", "deploy/frontend", "--", "cat", "/www/news.html")
    hosts.eventually(lambda: application.kubectl(*read, check=False).stdout == "news\n", 120)


def test_all_pods_survive_a_killed_server_with_the_same_containers(application):
    before = container_ids(application)
    application.kill()
    assert application.host.run("busybox", "wget", "-qO-", f"http://{hosts.ADDRESS}:30080/").stdout == "front end\n"
    application.start()
    application.wait_ready()
    application.kubectl("wait", "--for=condition=Ready", "pod", "-l", "app=frontend", "--timeout=60s", timeout=70)
    assert container_ids(application) == before
    assert len(before) == 4


@each_kubectl
def test_delete_removes_pods_and_their_services(application, version):
    application.kubectl("delete", "-f", str(MANIFEST), "--timeout=90s", version=version, timeout=100)
    hosts.eventually(lambda: pods(application, "app in (frontend, backend)") == [], 60)
    application.kubectl("apply", "-f", str(MANIFEST), version=version)
    application.kubectl("rollout", "status", "deployment/frontend", "--timeout=120s", version=version, timeout=130)
