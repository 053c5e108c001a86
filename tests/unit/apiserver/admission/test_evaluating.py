import pytest

from pyk3s.api.admission import expressions
from pyk3s.api.cel import compiling
from pyk3s.apiserver import identity
from pyk3s.apiserver.admission import authorizing, evaluating

OBJECT = {"spec": {"size": 3}, "metadata": {"name": "a"}}


class Rules:
    """Allows creating; asks elsewhere about what is far away."""

    def decide(self, access):
        self.access = access
        if access.group == "far.io":
            raise identity.Unsettled(lambda: None)
        return identity.Decision(access.verb == "create", "a role says so")


def scope(limit=1_000_000, **variables):
    asked = authorizing.Asked(Rules())
    values = dict.fromkeys(expressions.ALWAYS)
    values |= {"object": OBJECT, "authorizer": authorizing.Authorizer(asked, identity.User("bob"))}
    compiled, names = {}, []
    for name, source in variables.items():
        compiled[name] = expressions.compiled(source, expressions.ALWAYS, None, names)
        names.append(name)
    return evaluating.Scope(evaluating.Inputs(values, asked), compiled, compiling.Budget(limit)), tuple(names)


def value(source, results=None, limit=1_000_000, **variables):
    made, names = scope(limit, **variables)
    return made.value(expressions.compiled(source, expressions.ALWAYS, results, names))


def test_variables_are_evaluated_when_they_are_spoken_of_and_once():
    made, names = scope(a="object.spec.size", b="variables.a + 1", unused="object.nope")
    budget = made._budget
    both = expressions.compiled("variables.b > 0 && variables.a > 0", expressions.ALWAYS, expressions.BOOL, names)
    assert made.value(both) is True
    first = budget.limit - budget.left
    made.value(both)
    assert budget.limit - budget.left < 2 * first


def test_a_variable_that_fails_fails_those_that_reach_it():
    variables = {"bad": "object.nope", "worse": "variables.bad"}
    assert value("true || variables.worse", **variables) is True
    with pytest.raises(evaluating.Failed, match='composited variable "worse" fails to evaluate') as caught:
        value("variables.worse == 1", **variables)
    assert 'composited variable "bad"' in str(caught.value)


def test_a_budget_ends_all_expressions_of_a_scope():
    made, _ = scope(5)
    dear = expressions.compiled(
        "[1, 2, 3].all(a, [1, 2, 3].all(b, a + b > object.spec.size))", expressions.ALWAYS, None
    )
    told = []
    for _ in range(20):
        with pytest.raises(evaluating.Failed) as caught:
            assert made.value(dear) is False
            raise evaluating.Failed("went well")
        told.append(str(caught.value))
    assert told[-1] == evaluating.OUT_OF_BUDGET


def test_a_question_that_must_be_asked_elsewhere_rises():
    with pytest.raises(identity.Unsettled):
        value("authorizer.group('far.io').resource('x').check('get').allowed()")
    with pytest.raises(identity.Unsettled):
        value("authorizer.group('far.io').resource('x').check('get').errored() || object.nope == 1")


CHECKS = [
    ("authorizer.group('apps').resource('deployments').namespace('n').name('x').check('create').allowed()", True),
    ("authorizer.group('').resource('pods').subresource('log').check('get').allowed()", False),
    ("authorizer.path('/healthz').check('create').reason()", "a role says so"),
    ("authorizer.group('').resource('pods').fieldSelector('spec.nodeName=n').check('create').allowed()", True),
    ("authorizer.group('').resource('pods').fieldSelector('===').check('create').errored()", True),
    ("authorizer.group('').resource('pods').labelSelector('a in').name('b').check('create').error() != ''", True),
    ("authorizer.group('').resource('pods').labelSelector('a in (b)').check('create').allowed()", True),
]


@pytest.mark.parametrize(("source", "expected"), CHECKS)
def test_the_authorizer_answers(source, expected):
    assert value(source) == expected


@pytest.mark.parametrize("source", ["authorizer.path('')", "authorizer.serviceAccount('A', 'b').path('/x')"])
def test_what_cannot_be_asked_fails(source):
    with pytest.raises(evaluating.Failed):
        value(f"{source}.check('get').allowed()")


def judge(*sources):
    made, _ = scope()
    return evaluating.judge([expressions.compiled(each, expressions.ALWAYS, None) for each in sources], made)


def test_a_condition_that_is_false_counts_more_than_one_that_fails():
    assert judge() == (True, "")
    assert judge("true", "object.spec.size == 3") == (True, "")
    assert judge("object.nope == 1", "false") == (False, "")
    assert judge("object.nope == 1", "true").error.startswith("expression 'object.nope == 1' resulted in error: ")
    assert judge("object.nope == 1", "object.none == 1").error.startswith("[expression 'object.nope == 1'")
