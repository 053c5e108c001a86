import base64

import pytest
from making import container, pod

from pyk3s.node import objects
from pyk3s.node.containers import environment, fields
from pyk3s.node.containers.expansion import expand, unknown_names

PLACE = fields.Place(("192.0.2.1",), ("10.42.0.5",), {"cpu": "4", "memory": "8Gi"})


def build(variables, *, held=None, services=(), pod_=None, **rest):
    spec = container(env=variables, **rest)
    return environment.build(pod_ or pod([spec]), spec, environment.Sources(PLACE, held or {}, services))


def service(name, namespace="default", address="10.43.0.7", **ports):
    listed = [objects.ServicePort(port, "" if key == "_" else key) for key, port in ports.items()]
    meta = objects.client_objects.Identity(name, namespace)
    return objects.Service(meta, objects.ServiceSpec(address, listed))


@pytest.mark.parametrize(
    ("text", "expanded"),
    [("$(A)", "1"), ("$$(A)", "$(A)"), ("$$$(A)", "$1"), ("$(B)", "$(B)"), ("$A", "$A"), ("$(A", "$(A"), ("$$", "$")],
)
def test_references_expand(text, expanded):
    assert expand(text, {"A": "1"}) == expanded


def test_unknown_names_are_found():
    assert unknown_names("$(A)/$(B)/$$(C)", {"A": "1"}) == ["B"]


def test_values_refer_to_earlier_ones_and_to_services():
    made = build(
        [
            {"name": "A", "value": "1"},
            {"name": "B", "value": "$(A)$(WEB_SERVICE_HOST)$(C)"},
            {"name": "C", "value": "3"},
        ],
        services=[service("web", http=80)],
    )
    assert made["B"] == "110.43.0.7$(C)"


def test_own_variables_win_over_objects_and_those_over_services():
    held = {("configmap", "m"): {"data": {"X": "map", "WEB_SERVICE_PORT": "1"}}}
    made = build(
        [{"name": "X", "value": "own"}],
        held=held,
        services=[service("web", http=80)],
        envFrom=[{"configMapRef": {"name": "m"}}],
    )
    assert (made["X"], made["WEB_SERVICE_PORT"]) == ("own", "1")


def test_secrets_are_decoded():
    held = {("secret", "s"): {"data": {"k": base64.b64encode(b"word").decode()}}}
    reference = {"secretKeyRef": {"name": "s", "key": "k"}}
    assert build([{"name": "W", "valueFrom": reference}], held=held)["W"] == "word"


def test_what_is_missing_is_told_unless_it_is_optional():
    reference = {"name": "m", "key": "k"}
    with pytest.raises(environment.MissingReference, match='configmap "m" not found'):
        build([{"name": "X", "valueFrom": {"configMapKeyRef": reference}}])
    held = {("configmap", "m"): {"data": {}}}
    with pytest.raises(environment.MissingReference, match="couldn't find key k in ConfigMap default/m"):
        build([{"name": "X", "valueFrom": {"configMapKeyRef": reference}}], held=held)
    assert "X" not in build([{"name": "X", "valueFrom": {"configMapKeyRef": {**reference, "optional": True}}}])


def test_fields_of_the_pod_are_told():
    wanted = {
        "metadata.name": "web",
        "metadata.labels['app']": "x",
        "metadata.annotations['none']": "",
        "status.podIP": "10.42.0.5",
        "status.hostIPs": "192.0.2.1",
        "spec.serviceAccountName": "robot",
    }
    labelled = pod(meta={"labels": {"app": "x"}}, serviceAccountName="robot")
    for path, value in wanted.items():
        assert fields.field_value(labelled, path, PLACE) == value
    with pytest.raises(fields.FieldUnknown):
        fields.field_value(labelled, "spec.hostname", PLACE)


@pytest.mark.parametrize(
    ("resource", "divisor", "value"),
    [
        ("limits.cpu", "1m", "250"),
        ("limits.cpu", None, "1"),
        ("requests.memory", "1Mi", "64"),
        ("requests.cpu", None, "0"),
        ("limits.memory", "1Gi", "8"),
    ],
)
def test_resources_are_divided_and_rounded_up(resource, divisor, value):
    spec = container(resources={"limits": {"cpu": "250m"}, "requests": {"memory": "64Mi"}})
    reference = {"resource": resource, "divisor": divisor}
    assert fields.resource_value(pod([spec]), spec, reference, PLACE) == value


def test_labels_are_listed_sorted_and_quoted():
    assert fields.listed({"b": 'say "x"\n', "a": "é"}) == 'a="é"\nb="say \\"x\\"\\n"'


def test_services_of_the_namespace_and_kubernetes_become_variables():
    services = [service("my-db", sql=5432), service("kubernetes", https=443), service("other", "else", _=1)]
    made = environment.service_variables(services, "default", every=True)
    assert made["MY_DB_SERVICE_PORT_SQL"] == "5432"
    assert made["MY_DB_PORT_5432_TCP"] == "tcp://10.43.0.7:5432"
    assert made["KUBERNETES_SERVICE_HOST"] == "10.43.0.7"
    assert not any(name.startswith("OTHER") for name in made)
    assert not any(name.startswith("MY_DB") for name in environment.service_variables(services, "default", every=False))


def test_headless_services_have_no_variables():
    assert environment.service_variables([service("web", address="None", http=80)], "default", every=True) == {}
