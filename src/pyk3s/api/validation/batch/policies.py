"""Rules of a Job's pod failure policy and success policy."""

import itertools

from pyk3s.api import fields, names
from pyk3s.api.validation import checks, internals
from pyk3s.api.validation.checks import Errors, Object

ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")
OPERATORS = ("In", "NotIn")
STATUSES = ("False", "True", "Unknown")
MOST_RULES, MOST_CODES, MOST_PATTERNS = 20, 255, 20
MOST_INDEXES_BYTES = 64 << 10


def failure(policy: Object, job_spec: Object, path: str, errors: Errors) -> None:
    """`podFailurePolicy`."""
    rules = policy.get("rules") or []
    if len(rules) > MOST_RULES:
        errors.append(fields.too_many(f"{path}.rules", len(rules), MOST_RULES))
    pod_spec = (job_spec.get("template") or {}).get("spec") or {}
    containers = {
        container.get("name") for key in ("containers", "initContainers") for container in pod_spec.get(key) or ()
    }
    for index, rule in enumerate(rules):
        _failure_rule(rule, job_spec, containers, f"{path}.rules[{index}]", errors)


def _failure_rule(rule: Object, job_spec: Object, containers: set[str | None], path: str, errors: Errors) -> None:
    action, codes, conditions = rule.get("action"), rule.get("onExitCodes"), rule.get("onPodConditions") or []
    if not action:
        errors.append(fields.required(f"{path}.action", f"valid values: {_quoted(ACTIONS)}"))
    elif action == "FailIndex" and job_spec.get("backoffLimitPerIndex") is None:
        errors.append(fields.invalid(f"{path}.action", action, "requires the backoffLimitPerIndex to be set"))
    else:
        checks.one_of(errors, action, f"{path}.action", ACTIONS)
    if codes is not None:
        _exit_codes(codes, containers, f"{path}.onExitCodes", errors)
    if len(conditions) > MOST_PATTERNS:
        errors.append(fields.too_many(f"{path}.onPodConditions", len(conditions), MOST_PATTERNS))
    for index, condition in enumerate(conditions):
        _condition(condition, f"{path}.onPodConditions[{index}]", errors)
    if codes is not None and conditions:
        detail = "specifying both OnExitCodes and OnPodConditions is not supported"
        errors.append(fields.invalid(path, fields.NOTHING, detail))
    if codes is None and not conditions:
        detail = "specifying one of OnExitCodes and OnPodConditions is required"
        errors.append(fields.invalid(path, fields.NOTHING, detail))


def _quoted(choices: tuple[str, ...]) -> str:
    return "[" + " ".join(fields.shown(choice) for choice in choices) + "]"


def _condition(condition: Object, path: str, errors: Errors) -> None:
    checks.text(errors, names.qualified_name, condition.get("type", ""), f"{path}.type")
    if not condition.get("status"):
        errors.append(fields.required(f"{path}.status", f"valid values: {_quoted(STATUSES)}"))
    else:
        checks.one_of(errors, condition["status"], f"{path}.status", STATUSES)


def _exit_codes(codes: Object, containers: set[str | None], path: str, errors: Errors) -> None:
    operator, values = codes.get("operator"), codes.get("values") or []
    if not operator:
        errors.append(fields.required(f"{path}.operator", f"valid values: {_quoted(OPERATORS)}"))
    else:
        checks.one_of(errors, operator, f"{path}.operator", OPERATORS)
    if (name := codes.get("containerName")) is not None and name not in containers:
        detail = "must be one of the container or initContainer names in the pod template"
        errors.append(fields.invalid(f"{path}.containerName", name, detail))
    if not values:
        errors.append(fields.invalid(f"{path}.values", values, "at least one value is required"))
    elif len(values) > MOST_CODES:
        errors.append(fields.too_many(f"{path}.values", len(values), MOST_CODES))
    checks.unique(errors, values, lambda index: f"{path}.values[{index}]")
    if any(a > b for a, b in itertools.pairwise(values)):
        errors.append(fields.invalid(f"{path}.values", values, "must be ordered"))
    for index, code in enumerate(values):
        if operator == "In" and code == 0:
            errors.append(fields.invalid(f"{path}.values[{index}]", 0, "must not be 0 for the In operator"))


def success(policy: Object, job_spec: Object, path: str, errors: Errors) -> None:
    """`successPolicy`, for indexed Jobs."""
    if job_spec.get("completionMode") != "Indexed":
        shown = internals.view(policy, internals.SUCCESS_POLICY)
        errors.append(fields.invalid(path, shown, "requires indexed completion mode"))
        return
    rules = policy.get("rules") or []
    if not rules:
        errors.append(
            fields.required(f"{path}.rules", "at least one rules must be specified when the successPolicy is specified")
        )
    if len(rules) > MOST_RULES:
        errors.append(fields.too_many(f"{path}.rules", len(rules), MOST_RULES))
    for index, rule in enumerate(rules):
        _success_rule(rule, job_spec.get("completions") or 0, f"{path}.rules[{index}]", errors)


def _success_rule(rule: Object, completions: int, path: str, errors: Errors) -> None:
    count, indexes = rule.get("succeededCount"), rule.get("succeededIndexes")
    if count is None and indexes is None:
        errors.append(fields.required(path, "at least one of succeededCount or succeededIndexes must be specified"))
    named = 0
    if indexes is not None:
        at = f"{path}.succeededIndexes"
        if len(indexes) > MOST_INDEXES_BYTES:
            errors.append(fields.too_long(at, MOST_INDEXES_BYTES))
        try:
            named = count_indexes(indexes, completions)
        except ValueError as error:
            errors.append(fields.invalid(at, indexes, f"error parsing succeededIndexes: {error}"))
    if count is None:
        return
    at = f"{path}.succeededCount"
    checks.not_negative(errors, count, at)
    if count > completions:
        detail = f"must be less than or equal to {completions} (the number of specified completions)"
        errors.append(fields.invalid(at, count, detail))
    if indexes is not None and count > named:
        detail = (
            f"must be less than or equal to {named} (the number of indexes in the specified succeededIndexes field)"
        )
        errors.append(fields.invalid(at, count, detail))


def count_indexes(text: str, completions: int) -> int:
    """How many indexes an ascending list of numbers and ranges such as `0,2-4` names; raises ValueError."""
    total, last = 0, -1
    for fragment in text.split(",") if text else ():
        ends = fragment.split("-")
        if len(ends) > 2:
            rule = "an index interval can have at most two parts separated by '-'"
            raise ValueError(f"the fragment {fields.shown(fragment)} violates the requirement that {rule}")
        for end in ends:
            last = _next_index(end, last, completions)
        total += last - int(ends[0]) + 1
    return total


def _next_index(text: str, previous: int, completions: int) -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"cannot convert string to integer for index: {fields.shown(text)}")
    index = int(text)
    if index >= completions:
        raise ValueError(f"too large index: {fields.shown(text)}")
    if index <= previous:
        raise ValueError(f"non-increasing order, previous: {previous}, current: {index}")
    return index
