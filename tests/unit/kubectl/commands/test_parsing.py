"""Commands read their own little languages: conditions, taints, ports, marks, kubeconfig entries."""

import pytest

from pyk3s.kubectl import editing_config, marking
from pyk3s.kubectl.commands import port_forward, taint, wait
from pyk3s.kubectl.errors import CommandError


def _object(**status):
    return {"metadata": {"generation": 1}, "spec": {"replicas": 3}, "status": status}


def test_a_condition_holds_with_its_value_for_this_generation():
    ready = _object(conditions=[{"type": "Ready", "status": "True", "observedGeneration": 1}])
    assert wait.condition("condition=ready")(ready)
    assert not wait.condition("condition=Ready=false")(ready)
    late = _object(conditions=[{"type": "Ready", "status": "True", "observedGeneration": 0}])
    assert not wait.condition("condition=Ready")(late)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("jsonpath={.spec.replicas}=3", True),
        ("jsonpath={.spec.replicas}=4", False),
        ("jsonpath={.spec.replicas}", True),
        ("jsonpath={.spec.nothing}", False),
        ("jsonpath='{.spec.nothing}'", False),
    ],
)
def test_a_path_holds_when_it_has_its_value(text, holds):
    assert wait.condition(text.replace("'", ""))(_object()) is holds


def test_the_value_of_a_path_comes_after_its_filters():
    path, value = wait.split_path('{.status.conditions[?(@.type=="Ready")].status}=True')
    assert path.endswith(".status}") and value == "True"


@pytest.mark.parametrize("text", ["", "ready", "condition=", "jsonpath={.a}="])
def test_no_condition_is_refused(text):
    with pytest.raises(CommandError):
        wait.condition(text)


def test_taints_are_added_changed_and_removed():
    wanted = taint.parse(["a=b:NoSchedule", "old:NoExecute-", "any-"])
    before = [
        {"key": "old", "effect": "NoExecute"},
        {"key": "any", "effect": "NoSchedule"},
        {"key": "kept", "effect": "NoSchedule"},
    ]
    after, operation = taint.changed(before, wanted, "n1", overwrite=False)
    assert [each["key"] for each in after] == ["a", "kept"] and operation == "modified"


@pytest.mark.parametrize("spec", ["a=b:Nonsense", "a", "=b:NoSchedule"])
def test_no_taint_is_refused(spec):
    with pytest.raises(CommandError):
        taint.parse([spec])


POD = {"metadata": {"name": "p"}, "spec": {"containers": [{"ports": [{"name": "http", "containerPort": 8080}]}]}}
SERVICE = {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80, "name": "web", "targetPort": "http"}]}}


@pytest.mark.parametrize(
    ("spec", "port"), [("80", (80, 80)), ("8081:80", (8081, 80)), (":80", (0, 80)), ("8081:http", (8081, 8080))]
)
def test_ports_are_read_in_each_form(spec, port):
    assert port_forward.port(spec, lambda name: port_forward.target_port(None, POD, name)) == port


@pytest.mark.parametrize("name", ["80", "web"])
def test_a_services_port_leads_to_the_pods_port(name):
    assert port_forward.target_port(SERVICE, POD, name) == 8080


def test_an_unknown_port_is_refused():
    with pytest.raises(CommandError, match="does not have a named port 'x'"):
        port_forward.target_port(None, POD, "x")
    with pytest.raises(CommandError, match="does not have a service port 81"):
        port_forward.target_port(SERVICE, POD, "81")


def test_marks_are_told_from_names():
    assert marking.split(["pods", "a", "x=y", "z-"]) == (["pods", "a"], ["x=y", "z-"])
    assert marking.changes(["x=y", "z-"], "label") == ({"x": "y"}, ("z",))
    with pytest.raises(CommandError, match="can not both modify and remove"):
        marking.changes(["x=y", "x-"], "label")


def test_entries_of_a_kubeconfig_are_put_removed_and_hidden():
    config = {"users": []}
    assert not editing_config.put(config, "users", "u", {"token": "t", "username": "n"})
    assert editing_config.put(config, "users", "u", {"username": None})
    assert config["users"] == [{"name": "u", "user": {"token": "t"}}]
    assert editing_config.hidden(config)["users"][0]["user"] == {"token": "REDACTED"}
    assert editing_config.remove(config, "users", "u") and not editing_config.remove(config, "users", "u")


def test_a_kubeconfig_is_changed_in_the_file_that_has_the_entry(tmp_path):
    (tmp_path / "a").write_text("users: []")
    (tmp_path / "b").write_text("users: [{name: u, user: {}}]")
    environment = {"KUBECONFIG": f"{tmp_path}/none:{tmp_path}/a:{tmp_path}/b"}
    assert editing_config.file_of("", environment, "users", "u") == tmp_path / "b"
    assert editing_config.file_of("", environment, "users", "new") == tmp_path / "a"
    assert editing_config.file_of("", {"KUBECONFIG": f"{tmp_path}/x:{tmp_path}/y"}) == tmp_path / "y"
