"""Schemas are explained with their types, references followed."""

import pytest

from pyk3s.kubectl import schemas

DOCUMENT = {
    "components": {
        "schemas": {
            "x.v1.Thing": {
                "x-kubernetes-group-version-kind": [{"group": "x", "version": "v1", "kind": "Thing"}],
                "required": ["spec"],
                "properties": {
                    "spec": {"allOf": [{"$ref": "#/components/schemas/x.v1.Spec"}], "description": "what is wanted"},
                    "tone": {"type": "string", "enum": ["kind", "plain"]},
                },
            },
            "x.v1.Spec": {
                "description": "a spec",
                "properties": {
                    "when": {"$ref": "#/components/schemas/meta.v1.Time"},
                    "inner": {"type": "array", "items": {"$ref": "#/components/schemas/x.v1.Spec"}},
                    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                    "free": {"type": "object"},
                },
            },
            "meta.v1.Time": {"type": "string", "format": "date-time"},
        }
    }
}
FOUND = schemas.Schemas(DOCUMENT)


def _root():
    return FOUND.of_kind("x", "v1", "Thing")


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (["spec"], "Spec"),
        (["spec", "when"], "string"),
        (["spec", "inner"], "[]Spec"),
        (["spec", "inner", "labels"], "map[string]string"),
        (["spec", "free"], "Object"),
    ],
)
def test_types_are_told_in_kubectls_notation(path, shown):
    assert FOUND.follow(_root(), path).shown == shown


def test_a_field_is_described_by_itself_and_its_type():
    assert FOUND.follow(_root(), ["spec"]).description == "what is wanted\na spec"


def test_fields_are_listed_with_choices_and_what_must_be():
    text = schemas.listing(FOUND, schemas.Node("", "", _root()), recursive=False)
    assert "  spec\t<Spec> -required-\n    what is wanted\n" in text
    assert "  tone\t<string>\n  enum: kind, plain\n    <no description>\n" in text


def test_a_type_within_itself_is_listed_once():
    text = schemas.listing(FOUND, schemas.Node("", "", _root()), recursive=True)
    assert text.count("inner\t<[]Spec>") == 1


def test_an_unknown_field_is_named():
    with pytest.raises(schemas.NoField, match="nothing"):
        FOUND.follow(_root(), ["spec", "nothing"])
