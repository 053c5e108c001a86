"""Rules of validating and mutating webhook configurations, and of the client configurations that others share."""

import urllib.parse

from pyk3s.api import fields, names
from pyk3s.api.admission import expressions as expression_rules
from pyk3s.api.validation import checks, selectors
from pyk3s.api.validation.admissionregistration import expressions
from pyk3s.api.validation.admissionregistration.expressions import Compiling
from pyk3s.api.validation.checks import Errors, Object

FAILURE_POLICIES = ("Fail", "Ignore")
MATCH_POLICIES = ("Equivalent", "Exact")
SIDE_EFFECTS = ("None", "NoneOnDryRun")
REINVOCATION = ("IfNeeded", "Never")
SCOPES = ("*", "Cluster", "Namespaced")
OPERATIONS = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
REVIEW_VERSIONS = ("v1", "v1beta1")
MOST_CONDITIONS = 64


def create(configuration: Object, errors: Errors) -> None:
    _configuration(configuration, errors, Compiling(errors))


def _configuration(configuration: Object, errors: Errors, compiling: Compiling) -> None:
    seen: set[str] = set()
    for index, webhook in enumerate(configuration.get("webhooks") or ()):
        path, name = f"webhooks[{index}]", webhook.get("name", "")
        _webhook(webhook, path, errors)
        conditions = webhook.get("matchConditions") or []
        match_conditions(conditions, f"{path}.matchConditions", errors, compiling)
        if name and name in seen:
            errors.append(fields.duplicate(f"{path}.name", name))
        seen.add(name)


def update(new: Object, old: Object, errors: Errors) -> None:
    _configuration(new, errors, Compiling(errors, expressions.found(old)))


def _webhook(webhook: Object, path: str, errors: Errors) -> None:
    name = webhook.get("name", "")
    if not name:
        errors.append(fields.required(f"{path}.name"))
    else:
        checks.text(errors, names.fully_qualified, name, f"{path}.name")
    for index, rule in enumerate(webhook.get("rules") or ()):
        operations_and_resources(rule, f"{path}.rules[{index}]", errors)
    for key, choices in (("failurePolicy", FAILURE_POLICIES), ("matchPolicy", MATCH_POLICIES)):
        if (value := webhook.get(key)) is not None:
            checks.one_of(errors, value, f"{path}.{key}", choices)
    if (effects := webhook.get("sideEffects")) is None:
        errors.append(fields.required(f"{path}.sideEffects", f"must specify one of {', '.join(SIDE_EFFECTS)}"))
    else:
        checks.one_of(errors, effects, f"{path}.sideEffects", SIDE_EFFECTS)
    if (timeout := webhook.get("timeoutSeconds")) is not None and not 1 <= timeout <= 30:
        detail = "the timeout value must be between 1 and 30 seconds"
        errors.append(fields.invalid(f"{path}.timeoutSeconds", timeout, detail))
    for key in ("namespaceSelector", "objectSelector"):
        if selector := webhook.get(key):
            selectors.selector(selector, f"{path}.{key}", errors)
    client_configuration(webhook.get("clientConfig") or {}, f"{path}.clientConfig", errors)
    if (reinvocation := webhook.get("reinvocationPolicy")) is not None:
        checks.one_of(errors, reinvocation, f"{path}.reinvocationPolicy", REINVOCATION)
    _review_versions(webhook.get("admissionReviewVersions") or [], f"{path}.admissionReviewVersions", errors)


def _review_versions(versions: list[str], path: str, errors: Errors) -> None:
    listed = ", ".join(REVIEW_VERSIONS)
    if not versions:
        errors.append(fields.required(path, f"must specify one of {listed}"))
        return
    for index, version in enumerate(versions):
        checks.text(errors, names.label_1035, version, f"{path}[{index}]")
    checks.unique(errors, versions, lambda index: f"{path}[{index}]")
    if not set(versions) & set(REVIEW_VERSIONS):
        errors.append(fields.invalid(path, versions, f"must include at least one of {listed}"))


def client_configuration(config: Object, path: str, errors: Errors) -> None:
    """Where a webhook listens: a URL or a Service, not both."""
    url, service = config.get("url"), config.get("service")
    if (url is None) == (service is None):
        errors.append(fields.required(path, "exactly one of url or service is required"))
    elif url is not None:
        _url(url, f"{path}.url", errors)
    elif service is not None:
        service_reference(service, f"{path}.service", errors)


def _url(url: str, path: str, errors: Errors) -> None:
    form = "; desired format: https://host[:port]/path"
    try:
        parts = urllib.parse.urlsplit(url)
        host = parts.hostname
    except ValueError as wrong:
        errors.append(fields.required(path, f"url must be a valid URL: {wrong}{form}"))
        return
    if parts.scheme != "https":
        errors.append(fields.invalid(path, parts.scheme, f"'https' is the only allowed URL scheme{form}"))
    if not host:
        errors.append(fields.invalid(path, "", f"host must be specified{form}"))
    if "@" in parts.netloc:
        detail = "user information is not permitted in the URL"
        errors.append(fields.invalid(path, parts.netloc.rpartition("@")[0], detail))
    if parts.fragment:
        errors.append(fields.invalid(path, parts.fragment, "fragments are not permitted in the URL"))
    if parts.query:
        errors.append(fields.invalid(path, parts.query, "query parameters are not permitted in the URL"))


def service_reference(service: Object, path: str, errors: Errors) -> None:
    checks.present(errors, service.get("name"), f"{path}.name", "service name is required")
    checks.present(errors, service.get("namespace"), f"{path}.namespace", "service namespace is required")
    if not 1 <= (port := service.get("port", 443)) <= 65535:
        detail = "port is not valid: must be between 1 and 65535, inclusive"
        errors.append(fields.invalid(f"{path}.port", port, detail))
    if not (target := service.get("path")):
        return
    if not target.startswith("/"):
        errors.append(fields.invalid(f"{path}.path", target, "must start with a '/'"))
        return
    for step, segment in enumerate(target[1:].removesuffix("/").split("/")):
        if target == "/":
            break
        if not segment:
            errors.append(fields.invalid(f"{path}.path", target, f"segment[{step}] may not be empty"))
            continue
        for message in names.subdomain(segment):
            errors.append(fields.invalid(f"{path}.path", target, f"segment[{step}]: {message}"))


def operations_and_resources(rule: Object, path: str, errors: Errors) -> None:
    """What a webhook or policy applies to."""
    operations = rule.get("operations") or []
    checks.present(errors, operations, f"{path}.operations")
    if len(operations) > 1 and "*" in operations:
        detail = "if '*' is present, must not specify other operations"
        errors.append(fields.invalid(f"{path}.operations", operations, detail))
    for index, operation in enumerate(operations):
        checks.one_of(errors, operation, f"{path}.operations[{index}]", OPERATIONS)
    resources(rule, path, errors)


def resources(rule: Object, path: str, errors: Errors) -> None:
    for key, what in (("apiGroups", "API groups"), ("apiVersions", "API versions")):
        values = rule.get(key) or []
        checks.present(errors, values, f"{path}.{key}")
        if len(values) > 1 and "*" in values:
            detail = f"if '*' is present, must not specify other {what}"
            errors.append(fields.invalid(f"{path}.{key}", values, detail))
    for index, version in enumerate(rule.get("apiVersions") or ()):
        checks.present(errors, version, f"{path}.apiVersions[{index}]")
    _resource_names(rule.get("resources") or [], f"{path}.resources", errors)
    if (scope := rule.get("scope")) is not None:
        checks.one_of(errors, scope, f"{path}.scope", SCOPES)


def _resource_names(values: list[str], path: str, errors: Errors) -> None:
    checks.present(errors, values, path)
    for index, value in enumerate(values):
        if not value:
            errors.append(fields.required(f"{path}[{index}]"))
        resource, slash, _ = value.partition("/")
        if slash and f"{resource}/*" in values and value != f"{resource}/*":
            detail = f"if '{resource}/*' is present, must not specify {value}"
            errors.append(fields.invalid(f"{path}[{index}]", value, detail))
    if len(values) > 1 and "*/*" in values:
        detail = "if '*/*' is present, must not specify other resources"
        errors.append(fields.invalid(path, values, detail))
    if "*" in values and any("/" not in value for value in values if value != "*"):
        detail = "if '*' is present, must not specify other resources without subresources"
        errors.append(fields.invalid(path, values, detail))


def match_conditions(
    conditions: list[Object],
    path: str,
    errors: Errors,
    compiling: Compiling,
    names_known: frozenset[str] = expression_rules.ALWAYS,
) -> None:
    """Named CEL expressions that say yes or no."""
    if len(conditions) > MOST_CONDITIONS:
        errors.append(fields.too_many(path, len(conditions), MOST_CONDITIONS))
    seen: set[str] = set()
    for index, condition in enumerate(conditions):
        at, name = f"{path}[{index}]", condition.get("name", "")
        checks.present(errors, (condition.get("expression") or "").strip(), f"{at}.expression")
        compiling.check(condition, "expression", at, names=names_known, results=expression_rules.BOOL)
        checks.required_text(errors, names.qualified_name, name, f"{at}.name")
        if name and name in seen:
            errors.append(fields.duplicate(f"{at}.name", name))
        seen.add(name)
