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
        return [self._compiled(messages, type_, rule) for rule in rules]

    def _compiled(self, messages: Messages, type_: Declared, rule: JSON) -> Compiled:
        if not (rule.get("rule") or "").strip():
            return Compiled(rule)
        optional = bool(rule.get("optionalOldSelf"))
        variables = {adapting.SELF: type_, adapting.OLD_SELF: ANY if optional else type_}
        environment = messages.environment(variables)
        try:
            program, cost, uses_old = _program(environment, rule["rule"], variables, optional=optional)
        except CompileError as wrong:
            return Compiled(rule, error=str(wrong))
        if program.result_type != "bool":
            return Compiled(rule, error="cel expression must evaluate to a bool")
        made = Compiled(rule, program, uses_old=uses_old, cost=cost)
        if not (rule.get("messageExpression") or "").strip():
            return made
        try:
            message, cost, _ = _program(environment, rule["messageExpression"], variables, optional=optional)
        except CompileError as wrong:
            return made._replace(message_error=f"messageExpression {wrong}")
        if message.result_type != "string":
            return made._replace(message_error="messageExpression must evaluate to a string")
        return made._replace(message=message, message_cost=cost)


def _program(
    environment: Any, source: str, variables: dict[str, Declared], *, optional: bool
) -> tuple[Program, int, bool]:
    checked = compiling.checked_in(environment, source)
    estimate = costing.Estimate(checked, variables)
    fitting = adapting.adapted(checked, estimate, optional_old=optional)
    return compiling.program(source, fitting), estimate.cost, adapting.reads(checked.root, adapting.OLD_SELF)


def inner_type(type_: Declared | None, name: str, schema: JSON) -> Declared | None:
    """The type of a field, also of one that expressions have no name for."""
    if (escaped := declaring.escape(name)) is None:
        return declaring.declared(schema, whole=bool(schema.get(EMBEDDED)))
    return type_.fields.get(escaped) if type_ else None
