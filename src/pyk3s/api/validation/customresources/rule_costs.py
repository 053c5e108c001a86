"""CEL rules in the schemas of CustomResourceDefinitions, compiled: whether they are right, and what they may cost.

A cost is the highest of one evaluation times how often the rule can run in one object.
"""

from collections.abc import Iterator
from typing import NamedTuple

from pyk3s.api import fields
from pyk3s.api.cel import costing
from pyk3s.api.cel.declared import Declared
from pyk3s.api.customresources import declaring, enforcing, rules, structural
from pyk3s.api.validation import internals
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.customresources import values

MOST_RULE_COST = 10_000_000
MOST_TOTAL_COST = 100_000_000
MOST_CHARACTERS = 128 * 1024
"""Of all expressions of a schema: what takes some seconds to compile."""
SHOWN_CONTRIBUTORS = 4
CONTRIBUTED = "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"
ADVICE = (
    "try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are "
    "declared"
)


class _Place(NamedTuple):
    """A schema within the whole: how many values it can have (None: no bound), and where oldSelf has got lost."""

    schema: Object
    path: str
    type: Declared | None
    values: int | None
    lost: str


def check(schema: Object, path: str, errors: Errors) -> None:
    """Compile the rules of a whole schema that is otherwise right, and add up what they may cost."""
    if not structural.has_rules(schema):
        return
    known, length = len(errors), _characters(schema)
    if length > MOST_CHARACTERS:
        detail = f"the rules of a schema may have {MOST_CHARACTERS} characters together, these have {length}"
        errors.append(fields.forbidden(path, detail))
        return
    root = declaring.declared(schema, whole=True)
    compiler = rules.Compiler(root) if root is not None else None
    costs: list[tuple[int, str]] = []
    for place in _places(_Place(schema, path, root, 1, "")):
        given = place.schema.get(structural.RULES) or []
        if given and place.type is not None and compiler is not None:
            for index, compiled in enumerate(compiler.compile(place.type, given)):
                costs += _compiled(compiled, place, f"{place.path}.{structural.RULES}[{index}]", errors)
        elif given:
            detail = "rules need a schema that says its type and does not preserve unknown fields"
            errors.append(fields.forbidden(f"{place.path}.{structural.RULES}", detail))
    _total(costs, path, errors)
    if not errors[known:]:
        for place in _places(_Place(schema, path, root, 1, "")):
            _default(place, errors)


def _default(place: _Place, errors: Errors) -> None:
    """A default must itself keep the rules, once filled in."""
    if "default" not in place.schema:
        return
    value = values.filled(place.schema["default"], place.schema)
    for error in enforcing.Rules(place.schema).validate(value, None):
        below = "" if error.path == enforcing.NOWHERE else error.path
        dot = "." if below and not below.startswith("[") else ""
        errors.append(error._replace(path=f"{place.path}.default{dot}{below}"))


def _characters(schema: Object) -> int:
    """The length of all expressions of a schema."""
    given = schema.get(structural.RULES) or ()
    mine = sum(len(rule.get(part) or "") for rule in given for part in ("rule", "messageExpression"))
    below = [*(schema.get("properties") or {}).values(), schema.get("items"), schema.get("additionalProperties")]
    return mine + sum(_characters(inner) for inner in below if isinstance(inner, dict))


def _places(place: _Place) -> Iterator[_Place]:
    yield place
    schema, path, type_, values, lost = place
    for name, inner in (schema.get("properties") or {}).items():
        if structural.has_rules(inner):
            gone = lost or (path if schema.get("x-kubernetes-map-type") == "atomic" else "")
            known = rules.inner_type(type_, name, inner)
            yield from _places(_Place(inner, f"{path}.properties[{name}]", known, values, gone))
    for key, bound, keeps in (
        ("items", "maxItems", schema.get("x-kubernetes-list-type") == "map"),
        ("additionalProperties", "maxProperties", schema.get("x-kubernetes-map-type") != "atomic"),
    ):
        inner, most = schema.get(key), schema.get(bound)
        if isinstance(inner, dict) and structural.has_rules(inner):
            times = None if values is None or most is None else values * max(most, 0)
            element = type_.element if type_ is not None else None
            yield from _places(_Place(inner, f"{path}.{key}", element, times, lost or ("" if keeps else path)))


def _compiled(compiled: rules.Compiled, place: _Place, path: str, errors: Errors) -> list[tuple[int, str]]:
    """What is wrong with one rule; its costs, each with the path of the expression."""
    assert place.type is not None
    shown = internals.view(compiled.rule, internals.VALIDATION_RULE)
    values = declaring.most_values(place.type) if place.values is None else place.values
    costs = [(min(compiled.cost * values, costing.MOST), f"{path}.rule")]
    if compiled.error:
        errors.append(fields.invalid(f"{path}.rule", shown, compiled.error))
    if compiled.message_error:
        errors.append(fields.invalid(f"{path}.messageExpression", shown, compiled.message_error))
    elif compiled.message is not None:
        costs.append((compiled.message_cost, f"{path}.messageExpression"))
    for (cost, at), what in zip(costs, ("estimated rule cost", "estimated messageExpression cost"), strict=False):
        if cost > MOST_RULE_COST:
            errors.append(fields.forbidden(at, _exceeds(what, cost, MOST_RULE_COST)))
    if compiled.uses_old and place.lost:
        detail = f"oldSelf cannot be used on the uncorrelatable portion of the schema within {place.lost}"
        errors.append(fields.invalid(f"{path}.rule", compiled.rule["rule"], detail))
    optional = compiled.rule.get("optionalOldSelf")
    if optional is not None and not compiled.uses_old:
        detail = "may not be set if oldSelf is not used in rule"
        errors.append(fields.invalid(f"{path}.optionalOldSelf", optional, detail))
    return costs


def _total(costs: list[tuple[int, str]], path: str, errors: Errors) -> None:
    total = min(sum(cost for cost, _ in costs), costing.MOST)
    if total <= MOST_TOTAL_COST:
        return
    large = [each for each in costs if each[0] >= MOST_TOTAL_COST // 100]
    for _, at in sorted(large, key=lambda each: -each[0])[:SHOWN_CONTRIBUTORS]:
        errors.append(fields.forbidden(at, CONTRIBUTED))
    what = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema"
    errors.append(fields.forbidden(path, _exceeds(what, total, MOST_TOTAL_COST)))


def _exceeds(what: str, cost: int, most: int) -> str:
    factor = cost / most
    if factor > 100:
        told = "more than 100x"
    elif factor < 1.5:
        told = f"{factor:f}x"
    else:
        told = f"{factor:.1f}x"
    return f"{what} exceeds budget by factor of {told} ({ADVICE})"
