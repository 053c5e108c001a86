import pytest

from pyk3s.api.admission import typing
from pyk3s.api.customresources import structural
from pyk3s.api.schema import pack

DEPLOYMENT = pack.load().type("io.k8s.api.apps.v1.Deployment")
CUSTOM = structural.type_of(
    {
        "type": "object",
        "properties": {
            "spec": {"type": "object", "properties": {"size": {"type": "integer"}}},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": {}},
        },
    }
)


@pytest.mark.parametrize(
    "source",
    [
        "object.spec.replicas > 1",
        "object.metadata.labels.anything == 'x' && object.metadata.name != ''",
        "object.spec.template.spec.containers.all(c, c.nope == 1)",
        "object.spec.template.spec.containers[0].nope == 1",
        "has(object.spec.paused) && object.spec.?replicas.orValue(1) > 0",
        "other.spec.nope == 1 && 'object.nope' == ''",
        "object.metadata.name.startsWith('x') && object.metadata.name.nope == 1",
        "object",
        "object.",
    ],
)
def test_what_exists_or_cannot_be_told_is_no_warning(source):
    assert typing.warnings(source, {"object": DEPLOYMENT}) == []


def test_a_field_that_does_not_exist_is_pointed_at():
    assert typing.warnings("object.replicas > 1", {"object": DEPLOYMENT}) == [
        "ERROR: <input>:1:7: undefined field 'replicas'\n | object.replicas > 1\n | ......^"
    ]
    told = typing.warnings("true &&\n  object.spec.?nope == 1", {"object": DEPLOYMENT})
    assert told == ["ERROR: <input>:2:14: undefined field 'nope'\n |   object.spec.?nope == 1\n | .............^"]


def test_types_of_custom_kinds_keep_what_they_do_not_know():
    assert typing.warnings("object.spec.size == 1 && object.free.x.y == 1", {"object": CUSTOM}) == []
    assert len(typing.warnings("object.spec.sise == 1 && object.status.x == 1", {"object": CUSTOM})) == 2
