"""The rules of one schema, run on objects: compiled when the first object is checked.

The tree of rules lies beside the schema and has a node only where a rule stands at or below. A rule that reads oldSelf
runs only where an update has something to compare with: fields, values of maps, items of lists of type map. What an
update has not changed is not held against it. All rules of a request share one budget.
"""

from typing import Any, NamedTuple

from pyk3s.api import fields
from pyk3s.api.cel import evaluation
from pyk3s.api.cel.compiling import Budget, BudgetExceeded, EvaluationError, Program
from pyk3s.api.cel.declared import Declared
from pyk3s.api.customresources import adapting, declaring, rules, structural
from pyk3s.api.customresources.rules import Compiled
from pyk3s.api.fields import FieldError

JSON = dict[str, Any]
NOWHERE = "<nil>"
"""The path of a whole object."""
LONGEST_MESSAGE = 5 * 1024
EXHAUSTED = "validation failed due to running out of cost budget, no further validation rules will be run"
_ABSENT: Any = object()
_Pair = tuple[Any, Any]


class _Node(NamedTuple):
    """The rules at one place of a schema, and below."""

    schema: JSON
    rules: list[Compiled]
    properties: "dict[str, _Node]"
    additional: "_Node | None"
    items: "_Node | None"


class Rules:
    """All rules of a schema."""

    def __init__(self, schema: JSON):
        root = declaring.declared(schema, whole=True)
        self._compiler = rules.Compiler(root) if root is not None else None
        self._root = self._node(schema, root)

    def _node(self, schema: JSON, type_: Declared | None) -> _Node | None:
        if not structural.has_rules(schema):
            return None
        compiled = self._compiler.compile(type_, schema.get(structural.RULES) or []) if self._compiler and type_ else []
        properties = {}
        for name, inner in (schema.get("properties") or {}).items():
            if (node := self._node(inner, rules.inner_type(type_, name, inner))) is not None:
                properties[name] = node
        element = type_.element if type_ else None
        below = {
            key: self._node(schema[key], element) if isinstance(schema.get(key), dict) else None
            for key in ("additionalProperties", "items")
        }
        return _Node(schema, compiled, properties, below["additionalProperties"], below["items"])

    def validate(self, new: Any, old: Any) -> list[FieldError]:
        """What the rules have against a value, or against an update if there is an old one (not None)."""
        run = _Run()
        run.check(self._root, new, _ABSENT if old is None else old, "", (new, None))
        return run.errors


class _Run:
    """One object being checked. `done` when the budget is spent: nothing more is checked."""

    def __init__(self) -> None:
        self._budget = Budget(evaluation.PER_REQUEST_LIMIT)
        self._done = False
        self.errors: list[FieldError] = []

    def check(self, node: _Node | None, new: Any, old: Any, path: str, around: _Pair) -> None:
        """`old` is what an update compares with, if anything; `around` is the nearest value above that had one."""
        if node is None or new is None or self._done:
            return
        pair = around if old is _ABSENT else (new, old)
        for compiled in node.rules:
            if not self._done:
                self._rule(compiled, new, old, path, pair)
        if isinstance(new, list):
            self._items(node, new, old, path, pair)
        elif isinstance(new, dict):
            self._members(node, new, old, path, pair)

    def _members(self, node: _Node, new: JSON, old: Any, path: str, pair: _Pair) -> None:
        before = old if isinstance(old, dict) and node.schema.get("x-kubernetes-map-type") != "atomic" else {}
        for name, member in new.items():
            if (inner := node.properties.get(name)) is not None:
                self.check(inner, member, before.get(name, _ABSENT), f"{path}.{name}" if path else name, pair)
            elif node.additional is not None:
                self.check(node.additional, member, before.get(name, _ABSENT), f"{path}[{name}]", pair)

    def _items(self, node: _Node, new: list[Any], old: Any, path: str, pair: _Pair) -> None:
        if node.items is None:
            return
        keys = node.schema.get("x-kubernetes-list-map-keys") or ()
        before = {_identity(item, keys): item for item in old} if keys and isinstance(old, list) else {}
        for index, item in enumerate(new):
            found = before.get(_identity(item, keys), _ABSENT) if before else _ABSENT
            self.check(node.items, item, found, f"{path}[{index}]", pair)

    def _rule(self, compiled: Compiled, new: Any, old: Any, path: str, pair: _Pair) -> None:
        at = path or NOWHERE
        if compiled.error:
            self.errors.append(_invalid(at, new, f"rule compile error: {compiled.error}"))
        has_old = old is not _ABSENT
        if compiled.program is None or (compiled.uses_old and not has_old and not compiled.rule.get("optionalOldSelf")):
            return
        variables = {adapting.SELF: new, adapting.OLD_SELF: old if has_old else None, adapting.GIVEN: has_old}
        if self._holds(compiled.rule, compiled.program, variables, at):
            return
        if compiled.uses_old or pair[0] != pair[1]:
            message = self._message(compiled, variables)
            self.errors.append(_for_reason(compiled.rule, _field(path, compiled.rule), new, message))

    def _holds(self, rule: JSON, program: Program, variables: JSON, at: str) -> bool:
        """Whether a rule is kept; one without a value is an error of its own."""
        told, value = (rule.get("message") or rule["rule"]).strip(), variables[adapting.SELF]
        if self._budget.left <= 0:
            return self._stop(_invalid(at, value, EXHAUSTED))
        try:
            return program.evaluate(variables, self._budget) is True
        except BudgetExceeded as wrong:
            if self._budget.left <= 0:
                return self._stop(_invalid(at, value, EXHAUSTED))
            detail = "no further validation rules will be run due to call cost exceeds limit for rule"
            return self._stop(_invalid(at, value, f"'{wrong}': {detail}: {told}"))
        except EvaluationError as wrong:
            detail = f"{wrong} evaluating rule: {told}"
            if str(wrong) == "no such overload":
                signature = "call arguments did not match a supported operator, function or macro signature"
                detail = f"'{wrong}': {signature} for rule: {told}"
            self.errors.append(_invalid(at, value, detail))
            return True

    def _stop(self, error: FieldError) -> bool:
        self._done = True
        self.errors.append(error)
        return True

    def _message(self, compiled: Compiled, variables: JSON) -> str:
        """The text for a broken rule; a messageExpression without a usable value falls back to the message."""
        if compiled.message is not None:
            try:
                made = str(compiled.message.evaluate(variables, self._budget)).strip()
            except EvaluationError:
                made = ""
            if made and len(made.encode()) <= LONGEST_MESSAGE and "\n" not in made:
                return made
        return (compiled.rule.get("message") or "").strip() or f"failed rule: {compiled.rule['rule'].strip()}"


def _identity(item: Any, keys: Any) -> tuple[str, ...]:
    return tuple(repr(item.get(key)) for key in keys) if isinstance(item, dict) else (repr(item),)


def _field(path: str, rule: JSON) -> str:
    """The path that an error names: that of the value, or of a field below."""
    below = (rule.get("fieldPath") or "").removeprefix(".")
    if not below:
        return path or NOWHERE
    return f"{path}{'' if below.startswith('[') or not path else '.'}{below}"


def _invalid(path: str, value: Any, detail: str) -> FieldError:
    """Structures are not repeated in the message."""
    if isinstance(value, (dict, list)):
        return FieldError("FieldValueInvalid", path, f"Invalid value: {detail}")
    return fields.invalid(path, value, detail)


def _for_reason(rule: JSON, path: str, value: Any, detail: str) -> FieldError:
    match rule.get("reason"):
        case "FieldValueForbidden":
            return fields.forbidden(path, detail)
        case "FieldValueRequired":
            return fields.required(path, detail)
        case "FieldValueDuplicate" if isinstance(value, (dict, list)):
            return FieldError("FieldValueDuplicate", path, "Duplicate value")
        case "FieldValueDuplicate":
            return fields.duplicate(path, value)
    return _invalid(path, value, detail)
