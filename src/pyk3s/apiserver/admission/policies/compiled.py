"""Policies and bindings out of their JSON, ready to be matched and evaluated.

A stored policy whose expressions do not compile, because it is older than the rules that would have refused it, is kept
with the reason: its failure policy decides what that means.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pyk3s.api import catalog, selectors
from pyk3s.api.admission import expressions
from pyk3s.api.admission.expressions import Expression
from pyk3s.apiserver.admission import matching

JSON = dict[str, Any]


@dataclass(frozen=True)
class Selection:
    """Rules and selectors, of a policy or of a binding. Without rules a binding concerns all that its policy does."""

    rules: Sequence[JSON]
    excluded: Sequence[JSON]
    match_policy: str
    namespace_selector: selectors.LabelSelector
    object_selector: selectors.LabelSelector


class Validation(NamedTuple):
    """One rule of a validating policy."""

    expression: Expression
    message: str
    message_expression: Expression | None
    reason: str


class AuditAnnotation(NamedTuple):
    key: str
    value: Expression


class Mutation(NamedTuple):
    """One step of a mutating policy: an apply configuration, or else a JSON patch."""

    expression: Expression
    applies: bool


@dataclass(frozen=True)
class Rules:
    """The expressions of a policy."""

    variables: Mapping[str, Expression] = field(default_factory=dict)
    conditions: Sequence[Expression] = ()
    validations: Sequence[Validation] = ()
    audit_annotations: Sequence[AuditAnnotation] = ()
    mutations: Sequence[Mutation] = ()


@dataclass(frozen=True)
class Policy:
    """One policy of either kind."""

    name: str
    selection: Selection
    param_kind: tuple[str, str, str] | None
    """Group, version and kind of its parameters."""
    fails_closed: bool
    reinvokes: bool
    rules: Rules
    broken: str = ""
    """Why its expressions cannot be used."""


@dataclass(frozen=True)
class Binding:
    """One binding of either kind."""

    name: str
    policy: str
    selection: Selection | None
    param_ref: JSON | None
    actions: Sequence[str]


def policy(obj: JSON) -> Policy:
    """A policy out of its defaulted and valid JSON."""
    spec = obj["spec"]
    kind = spec.get("paramKind")
    try:
        rules, broken = _rules(spec), ""
    except expressions.NotCompiled as error:
        rules, broken = Rules(), str(error)
    return Policy(
        name=obj["metadata"]["name"],
        selection=_selection(spec["matchConstraints"]),
        param_kind=(*_group_version(kind["apiVersion"]), kind["kind"]) if kind else None,
        fails_closed=spec["failurePolicy"] == "Fail",
        reinvokes=spec.get("reinvocationPolicy") == "IfNeeded",
        rules=rules,
        broken=broken,
    )


def binding(obj: JSON) -> Binding:
    """A binding out of its defaulted and valid JSON."""
    spec = obj["spec"]
    resources = spec.get("matchResources")
    return Binding(
        name=obj["metadata"]["name"],
        policy=spec["policyName"],
        selection=_selection(resources) if resources else None,
        param_ref=spec.get("paramRef"),
        actions=spec.get("validationActions") or ("Deny",),
    )


def _group_version(api_version: str) -> tuple[str, str]:
    group, _, version = api_version.rpartition("/")
    return group, version


def _selection(given: JSON) -> Selection:
    return Selection(
        rules=given.get("resourceRules") or (),
        excluded=given.get("excludeResourceRules") or (),
        match_policy=given.get("matchPolicy") or matching.EQUIVALENT,
        namespace_selector=selectors.from_label_selector(given.get("namespaceSelector")),
        object_selector=selectors.from_label_selector(given.get("objectSelector")),
    )


def _rules(spec: JSON) -> Rules:
    names = expressions.WITH_PARAMS if spec.get("paramKind") else expressions.ALWAYS
    variables: dict[str, Expression] = {}

    def compiled(source: str, results: expressions.Results | None, *, makes: bool = False) -> Expression:
        return expressions.compiled(source.strip(), names, results, tuple(variables), makes=makes)

    for each in spec.get("variables") or ():
        variables[each["name"]] = compiled(each["expression"], expressions.ANYTHING, makes=True)
    return Rules(
        variables,
        expressions.conditions(spec.get("matchConditions"), names),
        [_validation(each, compiled) for each in spec.get("validations") or ()],
        [
            AuditAnnotation(each["key"], compiled(each["valueExpression"], expressions.STRING_OR_NULL))
            for each in spec.get("auditAnnotations") or ()
        ],
        [_mutation(each, compiled) for each in spec.get("mutations") or ()],
    )


def _validation(given: JSON, compiled: Callable[..., Expression]) -> Validation:
    telling = (given.get("messageExpression") or "").strip()
    return Validation(
        compiled(given["expression"], expressions.BOOL),
        (given.get("message") or "").strip(),
        compiled(telling, expressions.STRING) if telling else None,
        given.get("reason") or "Invalid",
    )


def _mutation(given: JSON, compiled: Callable[..., Expression]) -> Mutation:
    if given["patchType"] == "ApplyConfiguration":
        expression = given["applyConfiguration"]["expression"]
        return Mutation(compiled(expression, expressions.OBJECT, makes=True), applies=True)
    return Mutation(compiled(given["jsonPatch"]["expression"], expressions.PATCHES, makes=True), applies=False)


def may_concern(policy: Policy, verb: str, forms: Sequence[catalog.Resource], subresource: str) -> bool:
    """Whether a policy can concern an operation, for all that its rules say; selectors, scopes and names see later."""
    seen = forms if policy.selection.match_policy == matching.EQUIVALENT else forms[:1]
    return any(matching.speaks_of(rule, verb, form, subresource) for form in seen for rule in policy.selection.rules)
