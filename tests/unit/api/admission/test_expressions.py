import pytest

from pyk3s.api.admission import expressions
from pyk3s.api.admission.expressions import ALWAYS, BOOL, OBJECT, PATCHES, STRING, STRING_OR_NULL, WITH_PARAMS


@pytest.mark.parametrize(
    ("source", "names", "results"),
    [
        ("object.spec.replicas > 1", ALWAYS, BOOL),
        ("params.x == object.y", WITH_PARAMS, BOOL),
        ("request.dryRun", ALWAYS, BOOL),
        ("'a'", ALWAYS, STRING_OR_NULL),
        ("null", ALWAYS, STRING_OR_NULL),
        ("request.userInfo.username", ALWAYS, STRING),
    ],
)
def test_an_expression_may_come_to_what_is_wanted(source, names, results):
    assert expressions.compiled(source, names, results).source == source


@pytest.mark.parametrize(
    ("source", "results", "why"),
    [
        ("object.enabled", BOOL, "must evaluate to bool"),
        ("1", STRING, "must evaluate to string"),
        ("1", STRING_OR_NULL, "must evaluate to one of [string null_type]"),
        ("1", OBJECT, "must evaluate to Object"),
        ("Object{}", PATCHES, "undeclared reference"),
        ("params.x == 1", BOOL, "undeclared reference"),
        ("variables.x == 1", BOOL, "undefined field 'x'"),
        ("object.x ==", BOOL, "Syntax error"),
        ("(" * 200 + "1", BOOL, "compilation failed"),
    ],
)
def test_what_is_wrong_is_said(source, results, why):
    with pytest.raises(expressions.NotCompiled) as caught:
        expressions.compiled(source, ALWAYS, results, ["known"])
    assert why in str(caught.value)


def test_the_variables_that_are_spoken_of_are_known():
    assert expressions.compiled("variables.b + variables.a", ALWAYS, None, ["a", "b", "c"]).uses == ("b", "a")
    assert expressions.compiled("size(variables) > 0", ALWAYS, None, ["a", "b"]).uses == ("a", "b")


def test_initialisers_may_stand_side_by_side():
    made = expressions.compiled("[Object.a{x: 1, y: 'z'}, Object.a{x: ['w']}]", ALWAYS, PATCHES, makes=True)
    from pyk3s.api.cel import compiling

    assert made.program.evaluate({}, compiling.Budget(10_000)) == [{"x": 1, "y": "z"}, {"x": ["w"]}]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (
            "Object{spec: Object.spec{replicas: nothing}}",
            "ERROR: <input>:1:36: undeclared reference to 'nothing' (in container '')\n"
            " | Object{spec: Object.spec{replicas: nothing}}\n"
            " | ...................................^",
        ),
        (
            "Object{\n  a: 1,\n  b: [Object.b{c: oops + 1}]\n}",
            "ERROR: <input>:3:19: undeclared reference to 'oops' (in container '')\n"
            " |   b: [Object.b{c: oops + 1}]\n"
            " | ..................^",
        ),
    ],
)
def test_mistakes_are_shown_in_the_expression_as_it_was_written(source, told):
    with pytest.raises(expressions.NotCompiled) as caught:
        expressions.compiled(source, ALWAYS, OBJECT, makes=True)
    assert str(caught.value) == f"compilation failed: {told}"


@pytest.mark.parametrize("source", ["Object{", "Object{a", "Object{a: 1", "Object{a 1}", "Object{} +", ""])
def test_what_is_no_expression_is_told_without_its_map(source):
    with pytest.raises(expressions.NotCompiled) as caught:
        expressions.compiled(source, ALWAYS, OBJECT, makes=True)
    assert "dyn(" not in str(caught.value)
