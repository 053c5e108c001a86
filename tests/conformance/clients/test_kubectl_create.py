"""The commands of kubectl that make objects from flags: every generator, and a value of what the server then has."""

from typing import NamedTuple

import pytest
import yaml


class Made(NamedTuple):
    """`create KIND [SORT] NAME FLAGS` makes an object that has `expected` at `path`."""

    kind: str
    name: str
    flags: str
    path: str
    expected: str
    sort: str = ""
    served_as: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.sort} {self.name}".replace("  ", " ")


JOB_POD = ".spec.jobTemplate.spec.template.spec"
NAMESPACED = [
    Made("deployment", "web", "--image=web:1 --port=80", ".spec.template.spec.containers[0].ports[0].protocol", "TCP"),
    Made("job", "once", "--image=tool:1", ".spec.template.spec.restartPolicy", "Never"),
    Made("cronjob", "late", "--image=t:1 --schedule=@daily", f"{JOB_POD}.terminationGracePeriodSeconds", "30"),
    Made("configmap", "settings", "--from-literal=colour=green", ".data.colour", "green"),
    Made("secret", "word", "--from-literal=word=open", ".data.word", "b3Blbg==", "generic"),
    Made(
        "secret",
        "pulls",
        "--docker-server=r.test --docker-username=u --docker-password=p",
        ".type",
        "kubernetes.io/dockerconfigjson",
        "docker-registry",
    ),
    Made("serviceaccount", "robot", "", ".metadata.name", "robot"),
    Made("quota", "limit", "--hard=pods=3,cpu=1500m", ".spec.hard.cpu", "1500m", served_as="resourcequota"),
    Made("role", "reader", "--verb=get --resource=pods,pods/log", ".rules[0].resources", '["pods","pods/log"]'),
    Made("rolebinding", "readers", "--role=reader --user=jane --group=staff", ".subjects[1].name", "staff"),
    Made("ingress", "front", "--rule=shop.test/*=web:80", ".spec.rules[0].http.paths[0].pathType", "Prefix"),
    Made("poddisruptionbudget", "steady", "--selector=app=web --min-available=50%", ".spec.minAvailable", "50%"),
    Made("service", "inner", "--tcp=80:8080", ".spec.ports[0].targetPort", "8080", "clusterip"),
    Made("service", "headless", "--clusterip=None --tcp=80", ".spec.clusterIP", "None", "clusterip"),
    Made("service", "outer", "--tcp=80", ".spec.type", "NodePort", "nodeport"),
    Made("service", "balanced", "--tcp=80", ".spec.allocateLoadBalancerNodePorts", "true", "loadbalancer"),
    Made("service", "alias", "--external-name=other.test", ".spec.externalName", "other.test", "externalname"),
]
CLUSTER_WIDE = [
    Made("clusterrole", "prober", "--verb=get --non-resource-url=/livez", ".rules[0].nonResourceURLs[0]", "/livez"),
    Made("clusterrole", "sum", "--aggregation-rule=a=b", ".aggregationRule.clusterRoleSelectors[0].matchLabels.a", "b"),
    Made("clusterrolebinding", "probers", "--clusterrole=prober --user=jane", ".roleRef.kind", "ClusterRole"),
    Made("priorityclass", "urgent", "--value=1000 --preemption-policy=Never", ".preemptionPolicy", "Never"),
    Made("namespace", "annexe", "", ".status.phase", "Active"),
]


@pytest.mark.parametrize("made", NAMESPACED + CLUSTER_WIDE, ids=str)
def test_a_generator_makes_its_object(kubectl, made):
    name = f"{made.name}-{kubectl.namespace}" if made in CLUSTER_WIDE else made.name
    kubectl("create", made.kind, *made.sort.split(), name, *made.flags.split())
    assert kubectl.value(made.served_as or made.kind, name, path=made.path) == made.expected
    kubectl("delete", made.served_as or made.kind, name, "--wait=false")


def test_a_tls_secret_is_made_from_files(kubectl, certificate):
    kubectl("create", "secret", "tls", "cert", f"--cert={certificate.public}", f"--key={certificate.private}")
    assert kubectl.value("secret", "cert", path=".type") == "kubernetes.io/tls"


def test_files_become_a_config_map(kubectl, tmp_path):
    tmp_path.joinpath("text.conf").write_text("a = 1\n")
    tmp_path.joinpath("bytes.dat").write_bytes(b"\xff\x00")
    kubectl("create", "configmap", "files", f"--from-file={tmp_path}")
    made = kubectl.json("get", "configmap", "files")
    assert made["data"] == {"text.conf": "a = 1\n"}
    assert made["binaryData"] == {"bytes.dat": "/wA="}


def test_a_token_is_issued_for_a_service_account(kubectl):
    kubectl("create", "serviceaccount", "robot")
    token = kubectl("create", "token", "robot", "--duration=20m", "--audience=https://vault.test").strip()
    assert token.count(".") == 2


def test_a_job_is_made_from_a_cron_job(kubectl):
    kubectl("create", "cronjob", "nightly", "--image=tool:1", "--schedule=@daily")
    kubectl("create", "job", "now", "--from=cronjob/nightly")
    assert kubectl.value("job", "now", path=".metadata.ownerReferences[0].kind") == "CronJob"


def test_a_name_is_generated_once_per_creation(kubectl):
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  generateName: part-\n"
    names = {kubectl("create", "-f", "-", "-o", "name", feed=manifest) for _ in range(3)}
    assert len(names) == 3


def test_what_exists_is_not_created_again(kubectl):
    kubectl("create", "configmap", "once")
    assert "already exists" in kubectl.refusal("create", "configmap", "once")


def test_a_run_makes_a_pod_and_a_dry_run_none(kubectl):
    pod = yaml.safe_load(
        kubectl("run", "box", "--image=busybox:1", "--env=A=1", "--labels=x=y", "--dry-run=server", "-o", "yaml")
    )
    assert pod["spec"]["dnsPolicy"] == "ClusterFirst"
    assert kubectl.names("pods") == []
    kubectl("run", "box", "--image=busybox:1", "--restart=Never", "--", "sleep", "9")
    assert kubectl.value("pod", "box", path=".spec.containers[0].args") == '["sleep","9"]'


def test_a_workload_is_exposed_as_a_service(kubectl):
    kubectl("create", "deployment", "web", "--image=web:1", "--port=80")
    kubectl("expose", "deployment", "web", "--port=8080", "--target-port=80", "--type=NodePort")
    service = kubectl.json("get", "service", "web")
    assert service["spec"]["selector"] == {"app": "web"}
    assert service["spec"]["ports"][0]["nodePort"] >= 30000


def test_a_workload_is_scaled_by_a_new_autoscaler(kubectl):
    kubectl("create", "deployment", "web", "--image=web:1")
    kubectl("autoscale", "deployment", "web", "--min=1", "--max=4", "--cpu-percent=80")
    assert kubectl.value("hpa", "web", path=".spec.maxReplicas") == "4"
    assert kubectl.value("horizontalpodautoscalers.v1.autoscaling", "web", path=".spec.maxReplicas") == "4"
