"""Rules of admission policies written in CEL, validating and mutating, and of their bindings."""

from pyk3s.api import fields, names
from pyk3s.api.validation import checks, selectors
from pyk3s.api.validation.admissionregistration import webhooks
from pyk3s.api.validation.checks import Errors, Object

ACTIONS = ("Audit", "Deny", "Warn")
NOT_FOUND_ACTIONS = ("Allow", "Deny")
PATCH_TYPES = ("ApplyConfiguration", "JSONPatch")
REASONS = ("Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized")
MOST_AUDIT_ANNOTATIONS = 20


def create_validating(policy: Object, errors: Errors) -> None:
    spec = policy.get("spec") or {}
    _shared(spec, errors)
    validations, audits = spec.get("validations") or [], spec.get("auditAnnotations") or []
    if not validations and not audits:
        detail = "validations or auditAnnotations must contain at least one item"
        errors.append(fields.required("spec.validations", detail))
        errors.append(fields.required("spec.auditAnnotations", detail))
    for index, validation in enumerate(validations):
        _validation(validation, f"spec.validations[{index}]", errors)
    if len(audits) > MOST_AUDIT_ANNOTATIONS:
        detail = f"must not have more than {MOST_AUDIT_ANNOTATIONS} auditAnnotations"
        errors.append(fields.invalid("spec.auditAnnotations", audits, detail))
    for index, audit in enumerate(audits):
        checks.required_text(errors, names.qualified_name, audit.get("key"), f"spec.auditAnnotations[{index}].key")
        expression = (audit.get("valueExpression") or "").strip()
        checks.present(errors, expression, f"spec.auditAnnotations[{index}].valueExpression")


def update_validating(new: Object, old: Object, errors: Errors) -> None:
    create_validating(new, errors)


def create_mutating(policy: Object, errors: Errors) -> None:
    spec = policy.get("spec") or {}
    _shared(spec, errors)
    mutations = spec.get("mutations") or []
    checks.present(errors, mutations, "spec.mutations", "mutations must contain at least one item")
    for index, mutation in enumerate(mutations):
        path, kind = f"spec.mutations[{index}]", mutation.get("patchType")
        if not checks.required_one_of(errors, kind, f"{path}.patchType", PATCH_TYPES):
            continue
        wanted = "applyConfiguration" if kind == "ApplyConfiguration" else "jsonPatch"
        if (given := mutation.get(wanted)) is None:
            detail = f"must be specified when patchType is {kind}"
            errors.append(fields.required(f"{path}.{wanted}", detail))
        else:
            checks.present(errors, (given.get("expression") or "").strip(), f"{path}.{wanted}.expression")
    checks.required_one_of(errors, spec.get("reinvocationPolicy"), "spec.reinvocationPolicy", webhooks.REINVOCATION)


def update_mutating(new: Object, old: Object, errors: Errors) -> None:
    create_mutating(new, errors)


def _shared(spec: Object, errors: Errors) -> None:
    policy = spec.get("failurePolicy")
    checks.required_one_of(errors, policy, "spec.failurePolicy", webhooks.FAILURE_POLICIES)
    if (kind := spec.get("paramKind")) is not None:
        for key in ("apiVersion", "kind"):
            checks.present(errors, kind.get(key), f"spec.paramKind.{key}")
    constraints = spec.get("matchConstraints")
    if constraints is None:
        errors.append(fields.required("spec.matchConstraints"))
    else:
        _match_resources(constraints, "spec.matchConstraints", errors)
        if not constraints.get("resourceRules"):
            errors.append(fields.required("spec.matchConstraints.resourceRules"))
    webhooks.match_conditions(spec.get("matchConditions") or [], "spec.matchConditions", errors)
    seen: set[str] = set()
    for index, variable in enumerate(spec.get("variables") or ()):
        path, name = f"spec.variables[{index}]", variable.get("name", "")
        checks.required_text(errors, names.c_identifier, name, f"{path}.name")
        checks.present(errors, (variable.get("expression") or "").strip(), f"{path}.expression")
        if name in seen:
            errors.append(fields.duplicate(f"{path}.name", name))
        seen.add(name)


def _match_resources(constraints: Object, path: str, errors: Errors) -> None:
    for key in ("namespaceSelector", "objectSelector"):
        if (selector := constraints.get(key)) is None:
            errors.append(fields.required(f"{path}.{key}"))
        else:
            selectors.selector(selector, f"{path}.{key}", errors)
    for key in ("resourceRules", "excludeResourceRules"):
        for index, rule in enumerate(constraints.get(key) or ()):
            webhooks.operations_and_resources(rule, f"{path}.{key}[{index}]", errors)
    if (policy := constraints.get("matchPolicy")) is None:
        errors.append(fields.required(f"{path}.matchPolicy"))
    else:
        checks.one_of(errors, policy, f"{path}.matchPolicy", webhooks.MATCH_POLICIES)


def _validation(validation: Object, path: str, errors: Errors) -> None:
    checks.present(
        errors, (validation.get("expression") or "").strip(), f"{path}.expression", "expression is not specified"
    )
    message = validation.get("message") or ""
    if message and not message.strip():
        detail = "message must be non-empty if specified"
        errors.append(fields.invalid(f"{path}.message", message, detail))
    elif "\n" in message:
        errors.append(fields.invalid(f"{path}.message", message, "message must not contain line breaks"))
    if (reason := validation.get("reason")) is not None:
        checks.one_of(errors, reason, f"{path}.reason", REASONS)


def create_binding(binding: Object, errors: Errors) -> None:
    """A ValidatingAdmissionPolicyBinding."""
    spec = binding.get("spec") or {}
    _bound(spec, errors)
    actions = spec.get("validationActions") or []
    checks.present(errors, actions, "spec.validationActions")
    for index, action in enumerate(actions):
        checks.one_of(errors, action, f"spec.validationActions[{index}]", ACTIONS)
    checks.unique(errors, actions, lambda index: f"spec.validationActions[{index}]")
    if {"Deny", "Warn"} <= set(actions):
        detail = (
            "must not contain both Deny and Warn (repeating the same validation failure information "
            "in the API response and headers serves no purpose)"
        )
        errors.append(fields.invalid("spec.validationActions", actions, detail))


def update_binding(new: Object, old: Object, errors: Errors) -> None:
    create_binding(new, errors)


def create_mutating_binding(binding: Object, errors: Errors) -> None:
    _bound(binding.get("spec") or {}, errors)


def update_mutating_binding(new: Object, old: Object, errors: Errors) -> None:
    create_mutating_binding(new, errors)


def _bound(spec: Object, errors: Errors) -> None:
    checks.required_text(errors, names.subdomain, spec.get("policyName"), "spec.policyName")
    if (reference := spec.get("paramRef")) is not None:
        _parameters(reference, "spec.paramRef", errors)
    if (resources := spec.get("matchResources")) is not None:
        _match_resources(resources, "spec.matchResources", errors)


def _parameters(reference: Object, path: str, errors: Errors) -> None:
    name, selector = reference.get("name", ""), reference.get("selector")
    if name and selector is not None:
        detail = "name and selector are mutually exclusive"
        errors.append(fields.forbidden(f"{path}.name", detail))
    elif not name and selector is None:
        errors.append(fields.required(path, "one of name or selector must be specified"))
    if (action := reference.get("parameterNotFoundAction")) is None:
        errors.append(fields.required(f"{path}.parameterNotFoundAction"))
    else:
        checks.one_of(errors, action, f"{path}.parameterNotFoundAction", NOT_FOUND_ACTIONS)
