"""What the expressions of one hook or policy see of an operation, and what they come to.

Variables of a policy are evaluated when an expression speaks of them, once; one that fails fails the expressions that
reach it, not those that merely mention it. All of a scope pays from one budget.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pyk3s.api import catalog
from pyk3s.api.admission import expressions
from pyk3s.api.admission.expressions import Expression
from pyk3s.apiserver import identity
from pyk3s.apiserver.admission import authorizing, chain, selecting
from pyk3s.apiserver.admission.webhooks import review
from pyk3s.apiserver.registry import registry as registries

if TYPE_CHECKING:
    from pyk3s.api.cel.compiling import Budget

JSON = dict[str, Any]
OUT_OF_BUDGET = "validation failed due to running out of cost budget, no further validation rules will be run"


class Failed(Exception):
    """An expression has no value; the text says which and why."""


class Inputs(NamedTuple):
    """What is known by name, and the authoriser behind some of it."""

    values: Mapping[str, object]
    asked: authorizing.Asked

    def with_values(self, **values: object) -> "Inputs":
        return self._replace(values={**self.values, **values})


async def inputs(
    registry: registries.Registry,
    authorizer: identity.Authorizer,
    attributes: chain.Attributes,
    seen_as: catalog.Resource,
) -> Inputs:
    """The names of an operation on a resource seen as one of its forms; raises StatusError."""
    asked = authorizing.Asked(authorizer)
    resource = attributes.resource
    values = {
        "object": await selecting.in_form(registry, attributes.object or None, resource, seen_as),
        "oldObject": await selecting.in_form(registry, attributes.old, resource, seen_as),
        "request": review.described(attributes, seen_as),
        "namespaceObject": selecting.Selecting(registry).namespace(attributes),
        "params": None,
        "authorizer": authorizing.Authorizer(asked, attributes.user),
        "authorizer.requestResource": authorizing.of_request(asked, attributes),
    }
    return Inputs(values, asked)


class Scope:
    """Evaluates the expressions of one hook or policy about one operation."""

    def __init__(self, inputs: Inputs, variables: Mapping[str, Expression], budget: "Budget"):
        self._inputs, self._variables, self._budget = inputs, variables, budget
        self._known: dict[str, Any] = {}
        self._failed: dict[str, Failed] = {}

    def with_object(self, obj: JSON) -> "Scope":
        """The same operation with another object, paying from the same budget."""
        return Scope(self._inputs.with_values(object=obj), self._variables, self._budget)

    def value(self, expression: Expression) -> Any:
        """What an expression comes to; raises Failed, and Unsettled for what the authoriser must ask elsewhere."""
        from pyk3s.api.cel import compiling

        if self._budget.left <= 0:
            raise Failed(OUT_OF_BUDGET)
        given = self._given(expression)
        try:
            value = expression.program.evaluate(given, self._budget)
        except compiling.EvaluationError as error:
            self._inputs.asked.raise_open()
            missing = next((self._failed[name] for name in expression.uses if name in self._failed), error)
            raise Failed(f"expression '{expression.source}' resulted in error: {missing}") from error
        self._inputs.asked.raise_open()
        return value

    def _given(self, expression: Expression) -> Mapping[str, object]:
        if not expression.uses:
            return self._inputs.values
        for name in expression.uses:
            self._evaluate(name)
        held = {name: self._known[name] for name in expression.uses if name in self._known}
        return {**self._inputs.values, expressions.VARIABLES: held}

    def _evaluate(self, name: str) -> None:
        if name in self._known or name in self._failed:
            return
        try:
            self._known[name] = self.value(self._variables[name])
        except Failed as error:
            self._failed[name] = Failed(f'composited variable "{name}" fails to evaluate: {error}')


class Verdict(NamedTuple):
    """Whether match conditions hold; with an error nobody knows."""

    holds: bool
    error: str = ""


def judge(conditions: Sequence[Expression], scope: Scope) -> Verdict:
    """All conditions together: one that is false counts more than any that fails."""
    errors = []
    for condition in conditions:
        try:
            if scope.value(condition) is not True:
                return Verdict(False)
        except Failed as error:
            errors.append(str(error))
    if errors:
        return Verdict(False, errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]")
    return Verdict(True)
