"""Rules of the schemas in CustomResourceDefinitions: structural, so that every value in an object has exactly one type.

A schema is structural if each field says its type, and if what stands under allOf, anyOf, oneOf and not only
restricts values further. Pruning, defaulting and field ownership all rest on that.
"""

from collections.abc import Iterator
from typing import Any

from pyk3s.api import fields
from pyk3s.api.customresources import structural
from pyk3s.api.validation import checks
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.customresources import patterns, rules, values

TYPES = ("array", "boolean", "integer", "number", "object", "string")
LIST_TYPES = ("atomic", "map", "set")
MAP_TYPES = ("atomic", "granular")
NOT_SUPPORTED = ("$ref", "definitions", "dependencies", "patternProperties", "additionalItems", "id", "$schema")
INT_OR_STRING = "x-kubernetes-int-or-string"
PRESERVE = "x-kubernetes-preserve-unknown-fields"
EMBEDDED = "x-kubernetes-embedded-resource"
RULES = "x-kubernetes-validations"
STRUCTURE_ONLY = (
    "description",
    "type",
    "default",
    "title",
    "nullable",
    "additionalProperties",
    EMBEDDED,
    PRESERVE,
    INT_OR_STRING,
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
    RULES,
)
SCALARS = ("boolean", "integer", "number", "string")
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


def root(schema: Object, path: str, errors: Errors, *, rules_accepted: bool = False) -> None:
    """The schema of a whole object."""
    known, kind = len(errors), schema.get("type", "")
    if not kind:
        errors.append(fields.required(f"{path}.type", "must not be empty at the root"))
    elif kind != "object":
        errors.append(fields.invalid(f"{path}.type", kind, "must be object at the root"))
    _root_metadata((schema.get("properties") or {}).get("metadata"), f"{path}.properties[metadata]", errors)
    for each, at in _walk(schema, path):
        if at.count(".properties[") + at.count(".items") > MOST_DEPTH:
            errors.append(fields.invalid(path, "", "schema is nested too deeply"))
            return
        if at != path:
            _typed(each, at, errors)
        _node(each, at, errors)
        _restrictions(each, at, errors)
    if not errors[known:] and not rules_accepted and structural.has_rules(schema):
        from pyk3s.api.validation.customresources import rule_costs  # compiling is heavy, and few schemas have rules

        rule_costs.check(schema, path, errors)


def _root_metadata(metadata: Object | None, path: str, errors: Errors) -> None:
    """Metadata has its own schema; a definition may restrict names, nothing else."""
    for name in (metadata or {}).get("properties") or {}:
        if name not in ("name", "generateName"):
            detail = "must not be specified in a nested context"
            errors.append(fields.forbidden(f"{path}.properties[{name}]", detail))


def _typed(schema: Object, path: str, errors: Errors) -> None:
    kind = schema.get("type", "")
    if kind == "array" and schema.get("items") is None:
        errors.append(fields.required(f"{path}.items", "must be specified"))
    if schema.get(INT_OR_STRING):
        if kind:
            errors.append(fields.invalid(f"{path}.type", kind, f"must be empty if {INT_OR_STRING} is true"))
        return
    if schema.get(EMBEDDED) and kind != "object":
        detail = f"must be object if {EMBEDDED} is true"
        wrong = fields.invalid(f"{path}.type", kind, detail) if kind else fields.required(f"{path}.type", detail)
        errors.append(wrong)
    elif not kind and not schema.get(PRESERVE):
        where = "array items" if path.endswith(".items") else "object fields"
        errors.append(fields.required(f"{path}.type", f"must not be empty for specified {where}"))


def _node(schema: Object, path: str, errors: Errors) -> None:
    if (kind := schema.get("type", "")) and kind not in TYPES:
        errors.append(fields.not_supported(f"{path}.type", kind, list(TYPES)))
    for key in NOT_SUPPORTED:
        if schema.get(key):
            errors.append(fields.forbidden(f"{path}.{key}", f"{key} is not supported"))
    if schema.get("uniqueItems"):
        detail = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        errors.append(fields.forbidden(f"{path}.uniqueItems", detail))
    _additional(schema, path, errors)
    _pattern(schema, path, errors)
    _list(schema, path, errors)
    if (map_type := schema.get("x-kubernetes-map-type")) is not None:
        _map(schema, map_type, path, errors)
    if schema.get(PRESERVE) is False:
        errors.append(fields.invalid(f"{path}.{PRESERVE}", False, "must be true or undefined"))
    rules.words(schema, path, errors)
    if "default" in schema:
        values.default(schema, f"{path}.default", errors)


def _additional(schema: Object, path: str, errors: Errors) -> None:
    additional = schema.get("additionalProperties")
    at = f"{path}.additionalProperties"
    if additional is False:
        errors.append(fields.forbidden(at, "additionalProperties cannot be set to false"))
    elif additional is not None and schema.get("properties"):
        errors.append(fields.forbidden(at, "additionalProperties and properties are mutual exclusive"))


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
    at, keys_at = f"{path}.x-kubernetes-list-type", f"{path}.x-kubernetes-list-map-keys"
    if keys and kind != "map":
        detail = "must be map if x-kubernetes-list-map-keys is non-empty"
        errors.append(fields.required(at, detail) if kind is None else fields.invalid(at, kind, detail))
    if kind is None:
        return
    if schema.get("type") != "array":
        detail = "must be array if x-kubernetes-list-type is specified"
        given = schema.get("type", "")
        wrong = fields.invalid(f"{path}.type", given, detail) if given else fields.required(f"{path}.type", detail)
        errors.append(wrong)
    if not checks.one_of(errors, kind, at, LIST_TYPES) or kind == "atomic":
        return
    items = schema.get("items")
    if items is None:
        errors.append(fields.required(f"{path}.items", f"must have a schema if x-kubernetes-list-type is {kind}"))
    elif kind == "set":
        _set_items(items, f"{path}.items", errors)
    elif not keys:
        errors.append(fields.required(keys_at, "must not be empty if x-kubernetes-list-type is map"))
    else:
        _keyed_items(items, keys, f"{path}.items", keys_at, errors)


def _set_items(items: Object, path: str, errors: Errors) -> None:
    """The members of a set are compared as wholes."""
    if items.get("nullable"):
        errors.append(fields.forbidden(f"{path}.nullable", "cannot be nullable when x-kubernetes-list-type is set"))
    whole = {"object": "x-kubernetes-map-type", "array": "x-kubernetes-list-type"}.get(items.get("type", ""))
    if whole and items.get(whole) != "atomic":
        detail = "must be atomic as item of a list with x-kubernetes-list-type=set"
        given = items.get(whole)
        at = f"{path}.{whole}"
        errors.append(fields.required(at, detail) if given is None else fields.invalid(at, given, detail))


def _keyed_items(items: Object, keys: list[str], path: str, keys_at: str, errors: Errors) -> None:
    if (kind := items.get("type", "")) != "object":
        detail = "must be object if parent array's x-kubernetes-list-type is map"
        errors.append(fields.invalid(f"{path}.type", kind, detail))
        return
    if items.get("nullable"):
        detail = "cannot be nullable when x-kubernetes-list-type is map"
        errors.append(fields.forbidden(f"{path}.nullable", detail))
    properties = items.get("properties") or {}
    required = items.get("required") or ()
    for index, key in enumerate(keys):
        if key in keys[:index]:
            errors.append(fields.duplicate(f"{keys_at}[{index}]", key))
        elif (member := properties.get(key)) is None:
            detail = "entries must all be names of item properties"
            errors.append(fields.invalid(f"{keys_at}[{index}]", key, detail))
        elif member.get("type") not in SCALARS:
            detail = "must be a scalar type if parent array's x-kubernetes-list-type is map"
            errors.append(fields.invalid(f"{path}.properties[{key}].type", member.get("type", ""), detail))
        elif key not in required and member.get("default") is None:
            detail = (
                "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
            )
            errors.append(fields.required(f"{path}.properties[{key}].default", detail))


def _map(schema: Object, kind: str, path: str, errors: Errors) -> None:
    if schema.get("type") != "object":
        detail = "must be object if x-kubernetes-map-type is specified"
        given = schema.get("type", "")
        wrong = fields.invalid(f"{path}.type", given, detail) if given else fields.required(f"{path}.type", detail)
        errors.append(wrong)
    checks.one_of(errors, kind, f"{path}.x-kubernetes-map-type", MAP_TYPES)


def _restrictions(schema: Object, path: str, errors: Errors) -> None:
    for key in ("allOf", "anyOf", "oneOf"):
        for index, each in enumerate(schema.get(key) or ()):
            _restriction(each, schema, f"{path}.{key}[{index}]", path, errors)
    if isinstance(schema.get("not"), dict):
        _restriction(schema["not"], schema, f"{path}.not", path, errors)


def _restriction(each: Object, outer: Object, path: str, outer_path: str, errors: Errors) -> None:
    """A schema under allOf and the like: about fields that the structure has, adding none and typing none."""
    typed_outside = bool(outer.get(INT_OR_STRING))
    for key in STRUCTURE_ONLY:
        value: Any = each.get(key)
        if value and not (key == "type" and typed_outside):
            errors.append(fields.forbidden(f"{path}.{key}", "must be empty to be structural"))
    for name, member in (each.get("properties") or {}).items():
        structure = (outer.get("properties") or {}).get(name)
        at, outer_at = f"{path}.properties[{name}]", f"{outer_path}.properties[{name}]"
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
