"""Rules of access reviews, token reviews and token requests."""

from typing import Any

from pyk3s.api import fields, names
from pyk3s.api.validation import checks
from pyk3s.api.validation.checks import Errors, Object

LEAST_TOKEN_S, MOST_TOKEN_S = 600, 1 << 32


def _attributes(spec: Object, errors: Errors) -> None:
    resource, other = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if resource is not None and other is not None:
        shown = {"Path": other.get("path", ""), "Verb": other.get("verb", "")}
        detail = "cannot be specified in combination with resourceAttributes"
        errors.append(fields.invalid("spec.nonResourceAttributes", shown, detail))
    if resource is None and other is None:
        detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        errors.append(fields.invalid("spec.resourceAttributes", None, detail))
    if resource is not None:
        for key in ("fieldSelector", "labelSelector"):
            if (selector := resource.get(key)) is not None:
                _selector(selector, f"spec.resourceAttributes.{key}", errors)


def _selector(selector: Object, path: str, errors: Errors) -> None:
    raw, requirements = selector.get("rawSelector"), selector.get("requirements")
    if raw and requirements:
        errors.append(fields.invalid(f"{path}.rawSelector", raw, "may not specified at the same time as requirements"))
    if not raw and not requirements:
        detail = f"when {path} is specified, requirements or rawSelector is required"
        errors.append(fields.required(f"{path}.requirements", detail))
    for index, requirement in enumerate(requirements or ()):
        _requirement(requirement, f"{path}.requirements[{index}]", errors, labels=path.endswith(".labelSelector"))


def _requirement(requirement: Object, path: str, errors: Errors, *, labels: bool) -> None:
    """An operator that nobody knows yet is let through: the one who asks may be newer."""
    key, operator, values = requirement.get("key", ""), requirement.get("operator"), requirement.get("values")
    if not key and not labels:
        errors.append(fields.required(f"{path}.key", "must be specified"))
    if operator in ("In", "NotIn") and not values:
        errors.append(fields.required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'"))
    if operator in ("Exists", "DoesNotExist") and values:
        detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
        errors.append(fields.forbidden(f"{path}.values", detail))
    if labels:
        checks.text(errors, names.qualified_name, key, f"{path}.key")


def _no_metadata(review: Object, errors: Errors, allowed: tuple[str, ...] = ()) -> None:
    meta: Any = review.get("metadata") or {}
    if any(value for key, value in meta.items() if key not in (*allowed, "managedFields", "creationTimestamp")):
        named = "must be empty except for namespace" if allowed else "must be empty"
        errors.append(fields.invalid("metadata", meta, named))


def self_access(review: Object, errors: Errors) -> None:
    _attributes(review.get("spec") or {}, errors)
    _no_metadata(review, errors)


def subject_access(review: Object, errors: Errors) -> None:
    spec = review.get("spec") or {}
    _attributes(spec, errors)
    _subject(spec, errors)
    _no_metadata(review, errors)


def _subject(spec: Object, errors: Errors) -> None:
    if not spec.get("user") and not spec.get("groups"):
        errors.append(fields.invalid("spec.user", "", "at least one of user or group must be specified"))


def local_access(review: Object, errors: Errors) -> None:
    spec = review.get("spec") or {}
    _attributes(spec, errors)
    _subject(spec, errors)
    _no_metadata(review, errors, ("namespace",))
    namespace = (review.get("metadata") or {}).get("namespace", "")
    attributes = spec.get("resourceAttributes")
    if attributes is not None and attributes.get("namespace", "") != namespace:
        detail = "must match metadata.namespace"
        errors.append(fields.invalid("spec.resourceAttributes.namespace", attributes.get("namespace", ""), detail))
    if spec.get("nonResourceAttributes") is not None:
        shown = {
            "Path": spec["nonResourceAttributes"].get("path", ""),
            "Verb": spec["nonResourceAttributes"].get("verb", ""),
        }
        detail = "disallowed on this kind of request"
        errors.append(fields.invalid("spec.nonResourceAttributes", shown, detail))


def token_request(request: Object, errors: Errors) -> None:
    """The body of the `token` sub-resource of a ServiceAccount."""
    seconds = (request.get("spec") or {}).get("expirationSeconds", 3600)
    if seconds < LEAST_TOKEN_S:
        detail = "may not specify a duration less than 10 minutes"
        errors.append(fields.invalid("spec.expirationSeconds", seconds, detail))
    if seconds > MOST_TOKEN_S:
        detail = "may not specify a duration larger than 2^32 seconds"
        errors.append(fields.invalid("spec.expirationSeconds", seconds, detail))
