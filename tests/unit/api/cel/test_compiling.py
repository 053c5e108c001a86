"""Expressions are checked when compiled, and give values, errors or the end of their budget when evaluated."""

import datetime
import tracemalloc
from typing import Any

import pytest

from pyk3s.api.cel.compiling import Budget, BudgetExceeded, CompileError, EvaluationError, compile

SELF = frozenset({"self"})


def value(source: str, **variables: Any) -> Any:
    return compile(source, frozenset(variables)).evaluate(variables, Budget(10_000_000))


def refusal(source: str) -> str:
    with pytest.raises(CompileError) as caught:
        compile(source, SELF)
    return str(caught.value)


def failure(source: str, **variables: Any) -> str:
    with pytest.raises(EvaluationError) as caught:
        value(source, **variables)
    return str(caught.value)


def test_an_expression_has_its_value() -> None:
    assert value(
        "self.min <= self.max && self.names.all(n, n.startsWith('x-'))", self={"min": 1, "max": 2, "names": ["x-1"]}
    )


def test_a_syntax_error_is_refused_with_its_place() -> None:
    assert refusal("self +").startswith(
        "compilation failed: ERROR: <input>:1:7: Syntax error: mismatched input '<EOF>'"
    )


def test_an_undeclared_variable_is_refused() -> None:
    assert refusal("other > 1").startswith(
        "compilation failed: ERROR: <input>:1:1: undeclared reference to 'other' (in container '')"
    )


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("1.startsWith('a')", "<input>:1:13: found no matching overload for 'startsWith' applied to 'int.(string)'"),
        ("{'a': 1}.trim()", "<input>:1:14: found no matching overload for 'trim' applied to 'map(string, int).()'"),
        ("size(1)", "<input>:1:5: found no matching overload for 'size' applied to '(int)'"),
        (
            "1 > 0 && a.b.c",
            "<input>:1:10: undeclared reference to 'a' (in container '')\n | 1 > 0 && a.b.c\n | .........^",
        ),
        ("1 > 0 &&\n  'a'.b", "<input>:2:6: type 'string' does not support field selection\n |   'a'.b\n | .....^"),
    ],
)
def test_complaints_have_the_words_of_the_api(source: str, told: str) -> None:
    assert told in refusal(source)


def test_operands_of_the_wrong_type_are_refused() -> None:
    assert "found no matching overload for '_+_' applied to '(int, string)'" in refusal("1 + 'a'")


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("self.matches('(')", "<input>:1:14: invalid matches argument"),
        ("duration('1 hour') > duration('1h')", "<input>:1:10: invalid duration argument"),
        ("timestamp('today') > self", "<input>:1:11: invalid timestamp argument"),
        ("[1, 'a'].size() > 0", "<input>:1:5: expected type 'int' but found 'string'"),
        ("{'a': 1, 'b': true}.size() > 0", "<input>:1:15: expected type 'int' but found 'bool'"),
    ],
)
def test_a_literal_that_makes_no_sense_is_refused(source: str, told: str) -> None:
    assert told in refusal(source)


def test_the_result_type_is_told_where_it_is_known() -> None:
    types = {
        source: compile(source, SELF).result_type for source in ("self > 1", "'a'", "1", "[1]", "{'a': 1}", "self")
    }
    assert list(types.values()) == ["bool", "string", "int", "list", "map", "dyn"]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("self.foo", "no such key: foo"),
        ("self.l[7]", "index out of bounds: 7"),
        ("1 / self.zero", "division by zero"),
        ("self.zero + 'a'", "no such overload"),
        ("9223372036854775807 + self.one", "integer overflow"),
    ],
)
def test_what_has_no_value_says_why(source: str, told: str) -> None:
    assert failure(source, self={"l": [1], "zero": 0, "one": 1}) == told


def test_numbers_compare_across_their_types() -> None:
    assert value("1 < 1.5 && 2u > 1 && self >= 0.5", self=1)


def test_json_goes_in_and_out_unchanged() -> None:
    data = {"a": [1, "x", True, None, 1.5, {"b": []}]}
    assert value("self", self=data) == data


def test_times_and_durations_go_in_and_out() -> None:
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    assert value("t + d", t=start, d=datetime.timedelta(hours=1)) == start + datetime.timedelta(hours=1)


def test_optional_fields_may_be_absent() -> None:
    assert value("self.?a.?b.orValue(3) + optional.of(1).orValue(0)", self={"a": {}}) == 4


@pytest.mark.parametrize(
    "source",
    [
        "[optional.of(self)]",
        "{'a': optional.none()}",
        "[dyn(optional.of(1))]",
        "[format.named('uuid')]",
        "[1].map(x, self.?a)",
        "[?optional.of({'a': optional.of(1)})]",
        "optional.of(optional.of(1))",
        "{'a': 1}.transformMap(k, v, true ? dyn(self.?a) : dyn(1))",
    ],
)
def test_an_optional_inside_a_value_is_refused(source: str) -> None:
    assert "an optional value cannot be put into a list" in refusal(source)


def test_what_is_inside_an_optional_can_be_put_into_lists_and_maps() -> None:
    assert value("[?self.?a, ?self.?b]", self={"a": 1}) == [1]
    assert value("{?'x': self.?a, ?'y': self.?b}", self={"a": 1}) == {"x": 1}
    assert failure("optional.of(self)", self=1) == "no value to give back"


def test_macros_with_two_variables_see_index_and_key() -> None:
    assert value("self.all(i, v, v == i)", self=[0, 1, 2])
    assert value("self.transformMap(k, v, v + 1)", self={"a": 1}) == {"a": 2}
    assert value("self.transformList(i, v, v * i)", self=[5, 6]) == [0, 6]


def test_an_evaluation_pays_from_the_budget_of_the_request() -> None:
    budget = Budget(1000)
    program = compile("self.contains('b')", SELF)
    program.evaluate({"self": "a" * 5000}, budget)
    assert 400 < budget.left < 550
    with pytest.raises(BudgetExceeded):
        program.evaluate({"self": "a" * 20_000}, budget)


def test_an_exceeded_budget_cannot_be_swallowed() -> None:
    with pytest.raises(BudgetExceeded):
        compile("self.contains('b') || true", SELF).evaluate({"self": "a" * 20_000}, Budget(1000))


DOUBLED = ".map(a, [a, a])"


@pytest.mark.parametrize(
    "source",
    [
        "[self.text]" + ".map(a, a + a)" * 20 + ".size() > 0",  # text that doubles
        "[self.list]" + ".map(a, a + a)" * 18 + ".size() > 0",  # lists that double
        "[self.list]" + DOUBLED * 20 + ".map(a, a == a)[0]",  # sharing that doubles, compared
        "[self.list]" + DOUBLED * 20,  # and handed out
        "self.list.all(a, self.list.all(b, self.list.all(c, a + b + c >= 0)))",  # many steps
        "self.list.all(a, self.text.contains('y' + string(a)) || true)",  # much reading
        "self.list.all(a, self.text + 'y' != self.text)",
        "self.list.all(a, self.text.matches('(x|xx|xxx)*y') || true)",
        "self.list.all(a, self.text.replace('x', self.text).size() > 0)",
        "self.list.map(a, self.text).join(',').size() > 0",
        "self.list.all(a, [self.text, self.text].join(self.text).size() > 0)",
        "self.list.all(a, self.text.startsWith(self.text))",
        "self.list.all(a, self.text.charAt(1) == 'y' || true)",
        "self.list.all(a, size(self.text) + size(self.text) > 0)",
    ],
)
def test_a_hostile_expression_ends_at_its_budget(source: str) -> None:
    data = {"text": "x" * 1_000_000, "list": list(range(3000))}
    assert failure(source, self=data) == "operation cancelled: actual cost limit exceeded"


@pytest.mark.parametrize(
    "source",
    [
        "(" * 1000 + "1" + ")" * 1000,
        "[" * 200 + "]" * 200,
        "+".join(["1"] * 10_000),
        "true?1:" * 3000 + "1",
        "self" + ".a" * 5000,
        "'" + "a" * 200_000 + "'",
        "[[1]]" + DOUBLED * 26,
    ],
)
def test_an_expression_too_deep_or_too_long_is_refused(source: str) -> None:
    assert refusal(source).startswith("compilation failed: ")


NAMES = [{"name": f"n{index}"} for index in range(150)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("self.all(x, self.exists_one(y, x.name == y.name))", True),
        ("self.all(x, self.all(y, x == y || x.name != y.name))", True),
        ("self.map(x, self.filter(y, y.name == x.name).map(z, z.name + '!')).size()", 150),
        ("self.all(i, x, self.exists(j, y, i == j && x.name == y.name))", True),
        ("self.exists(x, self.exists(y, y.nope == x.name))", "no such key: nope"),
    ],
)
def test_loops_within_loops_may_take_more_steps_than_the_library_allows(source: str, expected: Any) -> None:
    if isinstance(expected, str):
        assert failure(source, self=NAMES) == expected
    else:
        assert value(source, self=NAMES) == expected


def test_loops_within_loops_end_at_the_budget() -> None:
    source = "self.all(x, self.all(y, self.all(z, x.name + y.name != z.name)))"
    assert failure(source, self=NAMES) == "operation cancelled: actual cost limit exceeded"


def test_evaluations_keep_no_memory() -> None:
    program = compile("self.contains('y') || self.replace('x', 'z').size() > 0 && [self].indexOf('a') < 0", SELF)
    data = {"self": "x" * 100_000}
    program.evaluate(data, Budget(10_000_000))
    tracemalloc.start()
    for _ in range(100):
        program.evaluate(data, Budget(10_000_000))
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 1_000_000


class Decision:
    cel_type = "kubernetes.authorization.Decision"

    def __init__(self, allowed: bool):
        self._allowed = allowed

    def allowed(self) -> bool:
        return self._allowed


class Check:
    cel_type = "kubernetes.authorization.PathCheck"

    def __init__(self, path: str):
        self._path = path

    def check(self, verb: str) -> Decision:
        return Decision((self._path, verb) == ("/healthz", "get"))


class Authorizer:
    cel_type = "kubernetes.authorization.Authorizer"

    def path(self, path: str) -> Check:
        return Check(path)


def test_objects_with_methods_answer_calls() -> None:
    assert value("authorizer.path('/healthz').check('get').allowed()", authorizer=Authorizer())
    assert not value("authorizer.path('/other').check('get').allowed()", authorizer=Authorizer())


def test_a_third_check_of_the_authorizer_is_one_too_many() -> None:
    source = " && ".join(["authorizer.path('/healthz').check('get').allowed()"] * 3)
    assert failure(source, authorizer=Authorizer()) == "operation cancelled: actual cost limit exceeded"


def test_data_cannot_pretend_to_be_an_object_with_methods() -> None:
    forged = {"@type": "kubernetes.authorization.PathCheck", "value": 0}
    assert failure("self.check('get').allowed()", self=forged) == "no such overload"
