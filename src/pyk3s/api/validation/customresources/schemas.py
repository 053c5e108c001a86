"""Rules of the schemas in CustomResourceDefinitions: structural, so that every value in an object has exactly one type.

A schema is structural if each field says its type, and if what stands under allOf, anyOf, oneOf and not only
restricts values further. Pruning, defaulting and field ownership all rest on that.
"""

from collections.abc import Iterator
from typing import Any

from pyk3s.api import fields
from pyk3s.api.customresources import pruning, structural
from pyk3s.api.validation import checks
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.customresources import patterns, rules, values

TYPES = ("array", "boolean", "integer", "number", "object", "string")
LIST_TYPES = ("atomic", "set", "map")
MAP_TYPES = ("atomic", "granular")
NOT_SUPPORTED = ("$ref", "definitions", "dependencies", "patternProperties", "additionalItems", "id", "$schema")
INT_OR_STRING = "x-kubernetes-int-or-string"
PRESERVE = "x-kubernetes-preserve-unknown-fields"
EMBEDDED = "x-kubernetes-embedded-resource"
RULES = "x-kubernetes-validations"
STRUCTURE_ONLY = {
    "description": "empty",
    "type": "empty",
    "title": "empty",
    "x-kubernetes-list-map-keys": "empty",
    RULES: "empty",
    "default": "undefined",
    "additionalProperties": "undefined",
    "x-kubernetes-list-type": "undefined",
    "x-kubernetes-map-type": "undefined",
    "nullable": "false",
    EMBEDDED: "false",
    PRESERVE: "false",
    INT_OR_STRING: "false",
}
"""What a schema under allOf and the like must not say, and what the API wants it to be instead."""
EITHER = [{"type": "integer"}, {"type": "string"}]
ROOT_NAMES = ("name", "generateName")
IDENTITY = ("metadata", "kind", "apiVersion")
MOST_DEPTH = 100


def has_defaults(schema: Object) -> bool:
    """Whether anything in a schema has a default."""
    return any("default" in each for each, _ in _walk(schema, ""))


def _walk(schema: Object, path: str) -> Iterator[tuple[Object, str]]:
    """Every schema of the structure, without those that only restrict values."""
    waiting = [(schema, path)]
    while waiting:
        each, at = waiting.pop()
        yield each, at
        waiting.extend(_below(each, at))


def _below(schema: Object, path: str) -> Iterator[tuple[Object, str]]:
    for name, member in (schema.get("properties") or {}).items():
        yield member, f"{path}.properties[{name}]"
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield schema[key], f"{path}.{key}"


def root(schema: Object, path: str, errors: Errors, *, rules_accepted: bool = False, has_status: bool = False) -> None:
    """The schema of a whole object; `has_status` if its status is a sub-resource."""
    known, kind = len(errors), schema.get("type", "")
    places = list(_walk(schema, path))
    if any(at.count(".properties[") + at.count(".items") > MOST_DEPTH for _, at in places):
        errors.append(fields.invalid(path, "", "schema is nested too deeply"))
        return
    if has_status and kind and kind != "object":
        detail = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'
        errors.append(fields.invalid(f"{path}.type", kind, detail))
    if schema.get("nullable"):
        errors.append(fields.forbidden(f"{path}.nullable", "nullable cannot be true at the root"))
    if not any(_has_no_structure(each) for each, _ in places):
        _structure(schema, path, places, errors, prunes=not rules_accepted)
    top = tuple(f"{path}.properties[{name}]" for name in IDENTITY)
    for each, at in places:
        if "default" in each and at.startswith(top):
            name = at.removeprefix(f"{path}.properties[").partition("]")[0]
            errors.append(fields.forbidden(f"{at}.default", f"must not be set in top-level {name}"))
        for inner, inner_at in _nested(each, at):
            _node(inner, inner_at, errors)
    if not errors[known:] and not rules_accepted and structural.has_rules(schema):
        from pyk3s.api.validation.customresources import rule_costs  # compiling is heavy, and few schemas have rules

        rule_costs.check(schema, path, errors)


def _has_no_structure(schema: Object) -> bool:
    """Whether a schema says what keeps the API from seeing any structure in it, which then goes unjudged."""
    return (
        any(schema.get(key) for key in NOT_SUPPORTED)
        or isinstance(schema.get("items"), list)
        or schema.get(PRESERVE) is False
    )


def _nested(schema: Object, path: str) -> Iterator[tuple[Object, str]]:
    """A schema and those that restrict it, but not those of its fields."""
    yield schema, path
    for key in ("allOf", "anyOf", "oneOf"):
        for index, each in enumerate(schema.get(key) or ()):
            yield from _nested(each, f"{path}.{key}[{index}]")
    if isinstance(schema.get("not"), dict):
        yield from _nested(schema["not"], f"{path}.not")


def _structure(schema: Object, path: str, places: list[tuple[Object, str]], errors: Errors, *, prunes: bool) -> None:
    """Every value has one type; then, that defaults fit."""
    known = len(errors)
    for each, at in places:
        is_root = at == path
        _typed(each, at, errors, is_root=is_root)
        if is_root or each.get(EMBEDDED):
            _identity(each, at, errors, is_root=is_root)
        _pattern(each, at, errors)
        _restrictions(each, at, errors)
    if errors[known:]:
        return
    for each, at in places:
        if each.get("default") is not None:
            _default(each, f"{at}.default", errors, prunes=prunes)


def _default(schema: Object, path: str, errors: Errors, *, prunes: bool) -> None:
    if prunes and pruning.unknown(schema["default"], schema):
        errors.append(fields.invalid(path, schema["default"], "must not have unknown fields"))
    values.default(schema, path, errors)


def _identity(schema: Object, path: str, errors: Errors, *, is_root: bool) -> None:
    """A whole object has its kind and metadata as all have; a definition may restrict names, nothing else."""
    properties = schema.get("properties") or {}
    for name in ("kind", "apiVersion"):
        if name in properties and (kind := properties[name].get("type", "")) != "string":
            errors.append(fields.invalid(f"{path}.properties[{name}].type", kind, "must be string"))
    if (metadata := properties.get("metadata")) is None:
        return
    at = f"{path}.properties[metadata]"
    if (kind := metadata.get("type", "")) != "object":
        errors.append(fields.invalid(f"{at}.type", kind, "must be object"))
    rest = {key for key, value in metadata.items() if value and key not in ("type", "default", "properties")}
    if is_root and (rest or not set(metadata.get("properties") or ()) <= set(ROOT_NAMES)):
        detail = "must not specify anything other than name and generateName, but metadata is implicitly specified"
        errors.append(fields.forbidden(at, detail))


def _typed(schema: Object, path: str, errors: Errors, *, is_root: bool) -> None:
    kind = schema.get("type", "")
    if kind == "array" and schema.get("items") is None:
        errors.append(fields.required(f"{path}.items", "must be specified"))
    if is_root and schema.get("additionalProperties") is not None:
        errors.append(fields.forbidden(f"{path}.additionalProperties", "must not be used at the root"))
    if schema.get(INT_OR_STRING):
        for key in (PRESERVE, EMBEDDED):
            if schema.get(key):
                errors.append(fields.invalid(f"{path}.{key}", True, f"must be false if {INT_OR_STRING} is true"))
    if schema.get(EMBEDDED) and kind != "object":
        detail = f"must be object if {EMBEDDED} is true"
        wrong = fields.invalid(f"{path}.type", kind, detail) if kind else fields.required(f"{path}.type", detail)
        errors.append(wrong)
    elif not kind and not schema.get(INT_OR_STRING) and not schema.get(PRESERVE):
        where = "for specified array items" if path.endswith(".items") else "for specified object fields"
        errors.append(fields.required(f"{path}.type", f"must not be empty {'at the root' if is_root else where}"))
    if is_root and kind and kind != "object":
        errors.append(fields.invalid(f"{path}.type", kind, "must be object at the root"))
    if schema.get(EMBEDDED):
        if schema.get("additionalProperties") is not None:
            detail = f"must not be used if {EMBEDDED} is set"
            errors.append(fields.forbidden(f"{path}.additionalProperties", detail))
        if not schema.get(PRESERVE) and not schema.get("properties"):
            detail = f"must not be empty if {EMBEDDED} is true without {PRESERVE}"
            errors.append(fields.required(f"{path}.properties", detail))


def _node(schema: Object, path: str, errors: Errors) -> None:
    if (kind := schema.get("type", "")) and kind not in TYPES:
        errors.append(fields.not_supported(f"{path}.type", kind, list(TYPES)))
    if kind == "null":
        detail = "type cannot be set to null, use nullable as an alternative"
        errors.append(fields.forbidden(f"{path}.type", detail))
    for key in NOT_SUPPORTED:
        if schema.get(key):
            errors.append(fields.forbidden(f"{path}.{key}", f"{key} is not supported"))
    if isinstance(schema.get("items"), list):
        errors.append(fields.forbidden(f"{path}.items", "items must be a schema object and not an array"))
    if schema.get("uniqueItems"):
        detail = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        errors.append(fields.forbidden(f"{path}.uniqueItems", detail))
    if schema.get("properties") and schema.get("additionalProperties") not in (None, True):
        detail = "additionalProperties and properties are mutual exclusive"
        errors.append(fields.forbidden(f"{path}.additionalProperties", detail))
    _list(schema, path, errors)
    if (map_type := schema.get("x-kubernetes-map-type")) is not None:
        _map(schema, map_type, path, errors)
    if schema.get(PRESERVE) is False:
        errors.append(fields.invalid(f"{path}.{PRESERVE}", False, "must be true or undefined"))
    rules.words(schema, path, errors)


def _pattern(schema: Object, path: str, errors: Errors) -> None:
    if not (pattern := schema.get("pattern")):
        return
    try:
        patterns.compiled(pattern)
    except patterns.PatternError as wrong:
        detail = f"must be a valid regular expression, but isn't: {wrong}"
        errors.append(fields.invalid(f"{path}.pattern", pattern, detail))


def _list(schema: Object, path: str, errors: Errors) -> None:
    kind, keys = schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-list-map-keys") or []
    at, items = f"{path}.x-kubernetes-list-type", schema.get("items")
    if keys and kind != "map":
        detail = "must be map if x-kubernetes-list-map-keys is non-empty"
        errors.append(fields.required(at, detail) if kind is None else fields.invalid(at, kind, detail))
    if kind is None:
        return
    if (given := schema.get("type", "")) != "array":
        detail = "must be array if x-kubernetes-list-type is specified"
        wrong = fields.invalid(f"{path}.type", given, detail) if given else fields.required(f"{path}.type", detail)
        errors.append(wrong)
    elif kind == "set" and isinstance(items, dict):
        _set_items(items, f"{path}.items", errors)
    checks.one_of(errors, kind, at, LIST_TYPES)
    if kind == "map":
        _keyed(items, keys, path, errors)
    if kind in ("set", "map") and isinstance(items, dict) and items.get("nullable"):
        detail = f"cannot be nullable when x-kubernetes-list-type is {kind}"
        errors.append(fields.forbidden(f"{path}.items.nullable", detail))


def _set_items(items: Object, path: str, errors: Errors) -> None:
    """The members of a set are compared as wholes."""
    detail, list_type = "must be atomic as item of a list with x-kubernetes-list-type=set", "x-kubernetes-list-type"
    within = items.get(list_type)
    if items.get("type") == "array" and within not in (None, "atomic"):
        errors.append(fields.invalid(f"{path}.{list_type}", within, detail))
    if items.get("type") == "object" and items.get("x-kubernetes-map-type") != "atomic":
        errors.append(fields.invalid(f"{path}.x-kubernetes-map-type", within, detail))  # the API shows the other one


def _keyed(items: Any, keys: list[str], path: str, errors: Errors) -> None:
    keys_at = f"{path}.x-kubernetes-list-map-keys"
    if not keys:
        errors.append(fields.required(keys_at, "must not be empty if x-kubernetes-list-type is map"))
    if items is None:
        errors.append(fields.required(f"{path}.items", "must have a schema if x-kubernetes-list-type is map"))
    if not isinstance(items, dict):
        return
    if (kind := items.get("type", "")) == "object":
        _keys(items, keys, f"{path}.items", keys_at, errors)
    else:
        detail = "must be object if parent array's x-kubernetes-list-type is map"
        errors.append(fields.invalid(f"{path}.items.type", kind, detail))
    for key in keys:
        member, at = (items.get("properties") or {}).get(key), f"{path}.items.properties[{key}]"
        if member is None:
            continue
        told = "this property is in x-kubernetes-list-map-keys, so it"
        if key not in (items.get("required") or ()) and member.get("default") is None:
            errors.append(fields.required(f"{at}.default", f"{told} must have a default or be a required property"))
        if member.get("nullable"):
            errors.append(fields.forbidden(f"{at}.nullable", f"{told} cannot be nullable"))


def _keys(items: Object, keys: list[str], path: str, keys_at: str, errors: Errors) -> None:
    properties = items.get("properties") or {}
    for index, key in enumerate(keys):
        if key not in properties:
            errors.append(fields.invalid(keys_at, keys, "entries must all be names of item properties"))
        elif properties[key].get("type") in ("array", "object"):
            detail = "must be a scalar type if parent array's x-kubernetes-list-type is map"
            errors.append(fields.invalid(f"{path}.properties[{key}].type", items.get("type", ""), detail))
        if key in keys[:index]:
            errors.append(fields.invalid(keys_at, keys, "must not contain duplicate entries"))


def _map(schema: Object, kind: str, path: str, errors: Errors) -> None:
    if schema.get("type") != "object":
        detail = "must be object if x-kubernetes-map-type is specified"
        given = schema.get("type", "")
        wrong = fields.invalid(f"{path}.type", given, detail) if given else fields.required(f"{path}.type", detail)
        errors.append(wrong)
    checks.one_of(errors, kind, f"{path}.x-kubernetes-map-type", MAP_TYPES)


def _restrictions(schema: Object, path: str, errors: Errors) -> None:
    for key in ("allOf", "anyOf", "oneOf"):
        if key == "anyOf" and schema.get(key) == EITHER:
            continue
        for index, each in enumerate(schema.get(key) or ()):
            inner = each
            if key == "allOf" and index == 0 and each.get("anyOf") == EITHER:
                inner = {name: value for name, value in each.items() if name != "anyOf"}
            _restriction(inner, schema, f"{path}.{key}[{index}]", path, errors)
    if isinstance(schema.get("not"), dict):
        _restriction(schema["not"], schema, f"{path}.not", path, errors)


def _restriction(each: Object, outer: Object, path: str, outer_path: str, errors: Errors) -> None:
    """A schema under allOf and the like: about fields that the structure has, adding none and typing none."""
    for key, wanted in STRUCTURE_ONLY.items():
        value: Any = each.get(key)
        if value or (value is not None and wanted == "undefined"):
            errors.append(fields.forbidden(f"{path}.{key}", f"must be {wanted} to be structural"))
    for name, member in (each.get("properties") or {}).items():
        structure = (outer.get("properties") or {}).get(name)
        at, outer_at = f"{path}.properties[{name}]", f"{outer_path}.properties[{name}]"
        if name == "metadata":
            errors.append(fields.forbidden(at, "must not be specified in a nested context"))
        if structure is None and outer.get("additionalProperties") is None:
            errors.append(fields.required(outer_at, f"because it is defined in {at}"))
        else:
            _restriction(member, structure or {}, at, outer_at, errors)
    if isinstance(each.get("items"), dict):
        structure = outer.get("items")
        if structure is None:
            errors.append(fields.required(f"{outer_path}.items", f"because it is defined in {path}.items"))
        else:
            _restriction(each["items"], structure, f"{path}.items", f"{outer_path}.items", errors)
    for key in ("allOf", "anyOf", "oneOf"):
        for index, inner in enumerate(each.get(key) or ()):
            _restriction(inner, outer, f"{path}.{key}[{index}]", outer_path, errors)
    if isinstance(each.get("not"), dict):
        _restriction(each["not"], outer, f"{path}.not", outer_path, errors)
