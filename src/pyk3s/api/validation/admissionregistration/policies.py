"""Rules of admission policies written in CEL, validating and mutating, and of their bindings."""

from dataclasses import dataclass, replace

from pyk3s.api import fields, names
from pyk3s.api.admission import expressions as rules
from pyk3s.api.validation import checks, selectors
from pyk3s.api.validation.admissionregistration import expressions, webhooks
from pyk3s.api.validation.admissionregistration.expressions import Compiling
from pyk3s.api.validation.checks import Errors, Object

ACTIONS = ("Audit", "Deny", "Warn")
NOT_FOUND_ACTIONS = ("Allow", "Deny")
PATCH_TYPES = ("ApplyConfiguration", "JSONPatch")
REASONS = ("Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized")
MOST_AUDIT_ANNOTATIONS = 20


def create_validating(policy: Object, errors: Errors) -> None:
    _validating(policy, errors, Compiling(errors))


def _validating(policy: Object, errors: Errors, compiling: Compiling) -> None:
    spec = policy.get("spec") or {}
    known = _shared(spec, errors, compiling)
    validations, audits = spec.get("validations") or [], spec.get("auditAnnotations") or []
    if not validations and not audits:
        detail = "validations or auditAnnotations must contain at least one item"
        errors.append(fields.required("spec.validations", detail))
        errors.append(fields.required("spec.auditAnnotations", detail))
    for index, validation in enumerate(validations):
        path = f"spec.validations[{index}]"
        _validation(validation, path, errors)
        known.check(validation, "expression", path, results=rules.BOOL)
        known.without_authorizer().check(validation, "messageExpression", path, results=rules.STRING)
    if len(audits) > MOST_AUDIT_ANNOTATIONS:
        detail = f"must not have more than {MOST_AUDIT_ANNOTATIONS} auditAnnotations"
        errors.append(fields.invalid("spec.auditAnnotations", audits, detail))
    for index, audit in enumerate(audits):
        checks.required_text(errors, names.qualified_name, audit.get("key"), f"spec.auditAnnotations[{index}].key")
        expression, path = (audit.get("valueExpression") or "").strip(), f"spec.auditAnnotations[{index}]"
        checks.present(errors, expression, f"{path}.valueExpression")
        known.check(audit, "valueExpression", path, results=rules.STRING_OR_NULL)


def update_validating(new: Object, old: Object, errors: Errors) -> None:
    _validating(new, errors, Compiling(errors, _compiled_before(new, old)))


def create_mutating(policy: Object, errors: Errors) -> None:
    _mutating(policy, errors, Compiling(errors))


def _mutating(policy: Object, errors: Errors, compiling: Compiling) -> None:
    spec = policy.get("spec") or {}
    known = _shared(spec, errors, compiling)
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
            results = rules.OBJECT if kind == "ApplyConfiguration" else rules.PATCHES
            known.check(given, "expression", f"{path}.{wanted}", results=results, makes=True)
    checks.required_one_of(errors, spec.get("reinvocationPolicy"), "spec.reinvocationPolicy", webhooks.REINVOCATION)


def update_mutating(new: Object, old: Object, errors: Errors) -> None:
    _mutating(new, errors, Compiling(errors, _compiled_before(new, old)))


def _compiled_before(new: Object, old: Object) -> set[str]:
    """The expressions of the old policy, if they may speak of the same things in the new one."""
    after, before = new.get("spec") or {}, old.get("spec") or {}
    same = (after.get("paramKind") is None) is (before.get("paramKind") is None)
    same = same and (after.get("variables") or []) == (before.get("variables") or [])
    return expressions.found(old) if same else set()


@dataclass(frozen=True)
class _Known:
    """What the expressions of one policy may speak of."""

    compiling: Compiling
    names: frozenset[str]
    variables: tuple[str, ...] = ()

    def check(self, holder: Object, key: str, path: str, *, results: rules.Results | None, makes: bool = False) -> None:
        self.compiling.check(
            holder, key, path, names=self.names, results=results, variables=self.variables, makes=makes
        )

    def without_authorizer(self) -> "_Known":
        return replace(self, names=self.names - rules.AUTHORIZERS)


def _shared(spec: Object, errors: Errors, compiling: Compiling) -> _Known:
    """Check what both kinds of policy have; what their other expressions may speak of."""
    names_known = rules.WITH_PARAMS if spec.get("paramKind") is not None else rules.ALWAYS
    known = _Known(compiling, names_known)
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
    conditions = spec.get("matchConditions") or []
    webhooks.match_conditions(conditions, "spec.matchConditions", errors, compiling, names_known)
    seen: set[str] = set()
    for index, variable in enumerate(spec.get("variables") or ()):
        path, name = f"spec.variables[{index}]", variable.get("name", "")
        checks.required_text(errors, names.c_identifier, name, f"{path}.name")
        checks.present(errors, (variable.get("expression") or "").strip(), f"{path}.expression")
        known.check(variable, "expression", path, results=rules.ANYTHING, makes=True)
        known = replace(known, variables=(*known.variables, name))
        if name in seen:
            errors.append(fields.duplicate(f"{path}.name", name))
        seen.add(name)
    return known


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
