"""Rules of schemas (`x-kubernetes-validations`), compiled: checked against the schema's types, with what they cost."""

from typing import Any, NamedTuple

from pyk3s.api.cel import compiling, costing
from pyk3s.api.cel.compiling import CompileError, Program
from pyk3s.api.cel.declared import ANY, Declared
from pyk3s.api.cel.messages import Messages
from pyk3s.api.customresources import adapting, declaring
from pyk3s.api.customresources.structural import EMBEDDED

JSON = dict[str, Any]


class Compiled(NamedTuple):
    """A rule, or why it is none; costs are the highest of one evaluation."""

    rule: JSON
    program: Program | None = None
    error: str = ""
    uses_old: bool = False
    cost: int = 0
    message: Program | None = None
    message_error: str = ""
    message_cost: int = 0


class Compiler:
    """Compiles the rules of one schema, whose types it describes to the checker once."""

    def __init__(self, root: Declared):
        self._messages = Messages(root)

    def compile(self, type_: Declared, rules: list[JSON]) -> list[Compiled]:
        """The rules that stand at a type, which lies within the root."""
        messages = self._messages if self._messages.knows(type_) else Messages(type_)
        places = {optional: _Place(messages, type_, optional) for optional in {_optional(rule) for rule in rules}}
        return [_compiled(places[_optional(rule)], rule) for rule in rules]


def _optional(rule: JSON) -> bool:
    return bool(rule.get("optionalOldSelf"))


class _Place:
    """Where rules stand: the types of their variables, and the environment that knows them."""

    def __init__(self, messages: Messages, type_: Declared, optional: bool):
        self._variables = {adapting.SELF: type_, adapting.OLD_SELF: ANY if optional else type_}
        self._environment = messages.environment(self._variables)
        self._optional = optional

    def program(self, source: str) -> tuple[Program, int, bool]:
        """An expression, what it may cost, whether it reads oldSelf; raises CompileError."""
        checked = compiling.checked_in(self._environment, source)
        estimate = costing.Estimate(checked, self._variables)
        fitting = adapting.adapted(checked, estimate, optional_old=self._optional)
        return Program(source, fitting), estimate.cost, adapting.reads(checked.root, adapting.OLD_SELF)


def _compiled(place: _Place, rule: JSON) -> Compiled:
    if not (rule.get("rule") or "").strip():
        return Compiled(rule)
    try:
        program, cost, uses_old = place.program(rule["rule"])
    except CompileError as wrong:
        return Compiled(rule, error=str(wrong))
    if program.result_type != "bool":
        return Compiled(rule, error="cel expression must evaluate to a bool")
    made = Compiled(rule, program, uses_old=uses_old, cost=cost)
    if not (rule.get("messageExpression") or "").strip():
        return made
    try:
        message, cost, _ = place.program(rule["messageExpression"])
    except CompileError as wrong:
        return made._replace(message_error=f"messageExpression {wrong}")
    if message.result_type != "string":
        return made._replace(message_error="messageExpression must evaluate to a string")
    return made._replace(message=message, message_cost=cost)


def inner_type(type_: Declared | None, name: str, schema: JSON) -> Declared | None:
    """The type of a field, also of one that expressions have no name for."""
    if (escaped := declaring.escape(name)) is None:
        return declaring.declared(schema, whole=bool(schema.get(EMBEDDED)))
    return type_.fields.get(escaped) if type_ else None
