"""What CEL rules in the schemas of CustomResourceDefinitions must say, as far as it shows without compiling them."""

import re
from typing import Any

from pyk3s.api import fields
from pyk3s.api.customresources import structural
from pyk3s.api.validation.checks import Errors, Object

REASONS = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"]
_BREAKS = re.compile(r"[\n\r]")
_STEP = re.compile(r"\.([^.\[\]]+)|\['((?:[^'\\]|\\.)*)'\]")
_ESCAPED = re.compile(r"\\(.)")


def words(schema: Object, path: str, errors: Errors) -> None:
    """The parts of the rules at one place of a schema that can be judged without compiling."""
    for index, rule in enumerate(schema.get(structural.RULES) or ()):
        _words(rule, schema, f"{path}.{structural.RULES}[{index}]", errors)


def _words(rule: Object, schema: Object, path: str, errors: Errors) -> None:
    source, message = (rule.get("rule") or "").strip(), rule.get("message") or ""
    if not source:
        errors.append(fields.required(f"{path}.rule", "rule is not specified"))
    elif message and not message.strip():
        errors.append(fields.invalid(f"{path}.message", message, "message must be non-empty if specified"))
    elif _BREAKS.search(message.strip()):
        errors.append(fields.invalid(f"{path}.message", message, "message must not contain line breaks"))
    elif _BREAKS.search(source) and not message:
        detail = "message must be specified if rule contains line breaks"
        errors.append(fields.required(f"{path}.message", detail))
    expression = rule.get("messageExpression") or ""
    if expression and not expression.strip():
        detail = "messageExpression must be non-empty if specified"
        errors.append(fields.required(f"{path}.messageExpression", detail))
    reason = rule.get("reason")
    if reason is not None and reason not in REASONS:
        errors.append(fields.not_supported(f"{path}.reason", reason, REASONS))
    if field := rule.get("fieldPath") or "":
        _field_path(field, schema, f"{path}.fieldPath", errors)


def _field_path(field: str, schema: Object, path: str, errors: Errors) -> None:
    if not field.strip():
        errors.append(fields.invalid(path, field, "fieldPath must be non-empty if specified"))
    if _BREAKS.search(field):
        errors.append(fields.invalid(path, field, "fieldPath must not contain line breaks"))
    if not _leads_somewhere(field, schema):
        errors.append(fields.invalid(path, field, "fieldPath must be a valid path"))


def _leads_somewhere(field: str, schema: Any) -> bool:
    """Whether a path such as `.spec['a.b']` names a field, or a value of a map."""
    position = 0
    while position < len(field):
        found = _STEP.match(field, position)
        if found is None or not isinstance(schema, dict):
            return False
        name = found[1] if found[1] is not None else _ESCAPED.sub(r"\1", found[2])
        schema = (
            (schema.get("properties") or {}).get(name)
            if schema.get("properties")
            else schema.get("additionalProperties")
        )
        if not isinstance(schema, dict):
            return False
        position = found.end()
    return position > 0
