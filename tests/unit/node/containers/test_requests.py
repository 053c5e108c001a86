import pathlib

from making import UID, container, pod

from pyk3s.node.containers import requests
from pyk3s.node.pods import observed


def sandbox(made_pod):
    return requests.sandbox(
        made_pod,
        1,
        log_root=pathlib.Path("/logs"),
        cgroup_parent="/kubepods/x",
        resolver=requests.Resolver(("10.43.0.10",)),
        node_hostname="n1",
    )


def test_a_sandbox_is_recognisable_and_logs_where_collectors_look():
    made = sandbox(pod(meta={"labels": {"app": "x"}}))
    assert made["metadata"] == {"name": "web", "namespace": "default", "uid": UID, "attempt": 1}
    assert made["labels"] == {
        "app": "x",
        observed.POD_NAME: "web",
        observed.POD_NAMESPACE: "default",
        observed.POD_UID: UID,
    }
    assert made["log_directory"] == f"/logs/default_web_{UID}"
    assert made["hostname"] == "web"


def test_host_ports_are_mapped_but_not_on_the_host_network():
    ports = [{"containerPort": 80, "hostPort": 8080, "protocol": "UDP"}, {"containerPort": 81}]
    mapped = sandbox(pod([container(ports=ports)]))["port_mappings"]
    assert mapped == [{"protocol": 1, "container_port": 80, "host_port": 8080, "host_ip": ""}]
    assert sandbox(pod([container(ports=ports)], hostNetwork=True))["port_mappings"] == []


def test_commands_are_expanded_with_the_environment():
    spec = container(command=["run", "$(X)"], args=["$(Y)"])
    made = requests.container(
        pod([spec]), spec, 2, image_ref="sha256:1", environment={"X": "1"}, mounts=[], machine_memory=1
    )
    assert (made["command"], made["args"]) == (["run", "1"], ["$(Y)"])
    assert made["log_path"] == "c/2.log"
    assert made["envs"] == [{"key": "X", "value": b"1"}]
