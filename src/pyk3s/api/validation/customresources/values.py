"""Values checked against the schema of a CustomResourceDefinition, with the API's words.

The schema is walked beside the value, not compiled. Patterns are Python's regular expressions, which know all that
the API's know; they are compiled once. CEL rules are for the CEL part to check.
"""

import math
from collections.abc import Callable
from typing import Any

from pyk3s.api import fields, names
from pyk3s.api.fields import FieldError
from pyk3s.api.validation import metadata
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.customresources import formats, patterns

NOWHERE = "<nil>"  # the API has lost the path of errors about alternatives
MIXED_CASE = "may have mixed case, but should otherwise match: "
INT_OR_STRING = "x-kubernetes-int-or-string"


def validate(value: Any, schema: Object, path: str = "") -> list[FieldError]:
    """What is wrong with a value; `path` is empty for a whole object."""
    errors: Errors = []
    _value(value, schema, path, errors)
    return errors


def default(schema: Object, path: str, errors: Errors) -> None:
    """The default of a field must itself fit the schema of the field, once filled in. `path` is that of the default."""
    for error in validate(filled(schema["default"], schema), schema):
        errors.append(error._replace(path=f"{path}.{error.path}" if error.path else path))


def filled(value: Any, schema: Object) -> Any:
    """A copy of a value with the defaults of its schema."""
    if isinstance(value, dict):
        properties, additional = schema.get("properties") or {}, schema.get("additionalProperties")
        rest = additional if isinstance(additional, dict) else {}
        made = {name: filled(member, properties.get(name, rest)) for name, member in value.items()}
        for name, inner in properties.items():
            if inner.get("default") is not None and not _given(made, name, inner):
                made[name] = filled(inner["default"], inner)
        return made
    if isinstance(value, list) and isinstance(items := schema.get("items"), dict):
        return [filled(item, items) for item in value]
    return value


def _given(value: Object, name: str, schema: Object) -> bool:
    """Whether a field has a value; null is one where the schema allows it."""
    return name in value and (value[name] is not None or bool(schema.get("nullable")))


def kind_of(value: Any) -> str:
    """The JSON type of a value, as messages name it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return "integer"
    return {float: "number", str: "string", list: "array", dict: "object"}[type(value)]


def _value(value: Any, schema: Object, path: str, errors: Errors) -> None:
    if value is None and schema.get("nullable"):
        return
    _type(value, schema, path, errors)
    _choices(value, schema, path, errors)
    _alternatives(value, schema, path, errors)
    if isinstance(value, str):
        _text(value, schema, path, errors)
    elif isinstance(value, list):
        _list(value, schema, path, errors)
    elif isinstance(value, dict):
        _object(value, schema, path, errors)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        _number(value, schema, path, errors)


def _type(value: Any, schema: Object, path: str, errors: Errors) -> None:
    wanted = ("integer", "string") if schema.get(INT_OR_STRING) else (schema.get("type"),)
    kind = kind_of(value)
    if wanted == (None,) or kind in wanted or (kind == "integer" and "number" in wanted):
        return
    named = ",".join(str(each) for each in wanted)
    shown = fields.shown(kind)
    errors.append(fields.type_invalid(path, kind, f"{path} in body must be of type {named}: {shown}"))


def _choices(value: Any, schema: Object, path: str, errors: Errors) -> None:
    choices = schema.get("enum")
    if choices and not any(value == choice and kind_of(value) == kind_of(choice) for choice in choices):
        errors.append(fields.not_supported(path, value, choices))


def _refuse(errors: Errors, path: str, value: Any, detail: str) -> None:
    errors.append(fields.invalid(path, value, f"{path} in body {detail}"))


def _number(value: int | float, schema: Object, path: str, errors: Errors) -> None:
    if (most := schema.get("maximum")) is not None:
        if schema.get("exclusiveMaximum"):
            if value >= most:
                _refuse(errors, path, value, f"should be less than {most}")
        elif value > most:
            _refuse(errors, path, value, f"should be less than or equal to {most}")
    if (least := schema.get("minimum")) is not None:
        if schema.get("exclusiveMinimum"):
            if value <= least:
                _refuse(errors, path, value, f"should be greater than {least}")
        elif value < least:
            _refuse(errors, path, value, f"should be greater than or equal to {least}")
    if (step := schema.get("multipleOf")) and not math.isclose(value / step, round(value / step), abs_tol=1e-9):
        _refuse(errors, path, value, f"should be a multiple of {step}")


def _text(value: str, schema: Object, path: str, errors: Errors) -> None:
    most, least, pattern = schema.get("maxLength"), schema.get("minLength"), schema.get("pattern")
    if most is not None and len(value) > most:
        errors.append(fields.too_long(path, most))
    elif least is not None and len(value) < least:
        _refuse(errors, path, value, f"should be at least {least} chars long")
    elif pattern and not patterns.compiled(pattern).search(value):
        _refuse(errors, path, value, f"should match '{pattern}'")
    if (name := schema.get("format")) and not formats.fits(name, value):
        shown = fields.shown(value)
        errors.append(fields.type_invalid(path, value, f"{path} in body must be of type {name}: {shown}"))


def _list(value: list[Any], schema: Object, path: str, errors: Errors) -> None:
    most, least = schema.get("maxItems"), schema.get("minItems")
    if most is not None and len(value) > most:
        errors.append(fields.too_many(path, len(value), most))
    if least is not None and len(value) < least:
        _refuse(errors, path, len(value), f"should have at least {least} items")
    if isinstance(items := schema.get("items"), dict):
        for index, item in enumerate(value):
            _value(item, items, f"{path}[{index}]", errors)
    kind = schema.get("x-kubernetes-list-type")
    if kind == "set":
        _distinct(value, lambda item: item, path, errors)
    elif kind == "map":
        keys, properties = schema.get("x-kubernetes-list-map-keys") or (), (items or {}).get("properties") or {}
        _distinct(value, lambda item: _keys(item, keys, properties), path, errors)


def _keys(item: Any, keys: tuple[str, ...], properties: Object) -> Any:
    """The part of an item that tells it from others, defaults filled in."""
    if not isinstance(item, dict):
        return item
    found = {key: item.get(key, (properties.get(key) or {}).get("default")) for key in keys}
    return {key: value for key, value in found.items() if value is not None}


def _distinct(value: list[Any], identity: Callable[[Any], Any], path: str, errors: Errors) -> None:
    seen: set[str] = set()
    for index, item in enumerate(value):
        known = identity(item)
        spelled = fields.shown(known)
        if spelled in seen:
            errors.append(fields.duplicate(f"{path}[{index}]", known))
        seen.add(spelled)


def _object(value: Object, schema: Object, path: str, errors: Errors) -> None:
    most, least = schema.get("maxProperties"), schema.get("minProperties")
    if most is not None and len(value) > most:
        errors.append(fields.too_many(path, len(value), most))
    if least is not None and len(value) < least:
        _refuse(errors, path, len(value), f"should have at least {least} properties")
    for name in schema.get("required") or ():
        if name not in value:
            errors.append(fields.required(_member(path, name)))
    properties, additional = schema.get("properties") or {}, schema.get("additionalProperties")
    for name, member in value.items():
        if (inner := properties.get(name)) is not None:
            _value(member, inner, _member(path, name), errors)
        elif isinstance(additional, dict):
            _value(member, additional, _member(path, name), errors)
    if schema.get("x-kubernetes-embedded-resource"):
        _embedded(value, path, errors)


def _member(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _embedded(value: Object, path: str, errors: Errors) -> None:
    """A whole object inside another: it has a type and, if it has metadata, proper ones."""
    for key in ("apiVersion", "kind"):
        given, at = value.get(key), _member(path, key)
        if key not in value:
            errors.append(fields.required(at))
        elif not isinstance(given, str):
            errors.append(fields.invalid(at, given, "must be a string"))
        elif not given:
            errors.append(fields.invalid(at, given, "must not be empty"))
        elif key == "apiVersion" and given.count("/") > 1:
            errors.append(fields.invalid(at, given, f"unexpected GroupVersion string: {given}"))
        elif key == "kind" and (wrong := names.label_1035(given.lower())):
            errors.append(fields.invalid(at, given, MIXED_CASE + ",".join(wrong)))
    if isinstance(meta := value.get("metadata"), dict):
        named = meta if meta.get("name") else {**meta, "name": "unnamed"}
        namespaced, at = bool(meta.get("namespace")), _member(path, "metadata")
        metadata.create(named, at, errors, namespaced=namespaced, name=names.path_segment, builtin=False)


def _closest(results: list[list[FieldError]]) -> list[FieldError]:
    """The complaints of the alternative that complains least."""
    return min(results, key=lambda result: len(result))


def _alternatives(value: Any, schema: Object, path: str, errors: Errors) -> None:
    named = fields.shown(path)
    if any_of := schema.get("anyOf"):
        results = [validate(value, each, path) for each in any_of]
        if all(results):
            errors.append(fields.invalid(NOWHERE, "", f"{named} must validate at least one schema (anyOf)"))
            errors.extend(_closest(results))
    if one_of := schema.get("oneOf"):
        results = [validate(value, each, path) for each in one_of]
        fitting = sum(not result for result in results)
        if fitting != 1:
            found = f"Found {fitting} valid alternatives" if fitting else "Found none valid"
            told = f"{named} must validate one and only one schema (oneOf). {found}"
            errors.append(fields.invalid(NOWHERE, "", told))
        if not fitting:
            errors.extend(_closest(results))
    if all_of := schema.get("allOf"):
        results = [validate(value, each, path) for each in all_of]
        for result in results:
            errors.extend(result)
        if any(results):
            rest = ". None validated" if all(results) else ""
            errors.append(fields.invalid(NOWHERE, "", f"{named} must validate all the schemas (allOf){rest}"))
    if isinstance(schema.get("not"), dict) and not validate(value, schema["not"], path):
        errors.append(fields.invalid(NOWHERE, "", f"{named} must not validate the schema (not)"))
