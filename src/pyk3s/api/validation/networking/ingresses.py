"""Rules of Ingresses and IngressClasses."""

from pyk3s.api import fields, names
from pyk3s.api.validation import checks
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.core import services

PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
FORBIDDEN_IN_PATH = ("//", "/./", "/../", "%2f", "%2F")
FORBIDDEN_AT_END = ("/..", "/.")
CLASS_ANNOTATION = "kubernetes.io/ingress.class"
MOST_CONTROLLER = 250


def create(ingress: Object, errors: Errors) -> None:
    named = (ingress.get("spec") or {}).get("ingressClassName")
    annotated = (ingress["metadata"].get("annotations") or {}).get(CLASS_ANNOTATION)
    if annotated is not None and named not in (None, annotated):
        detail = "must match `ingressClassName` when both are specified"
        errors.append(fields.invalid(f"annotations.{CLASS_ANNOTATION}", annotated, detail))
    update(ingress, ingress, errors)


def update(new: Object, old: Object, errors: Errors) -> None:
    spec = new.get("spec") or {}
    rules, backend = spec.get("rules") or [], spec.get("defaultBackend")
    if not rules and backend is None:
        errors.append(fields.invalid("spec", None, "either `defaultBackend` or `rules` must be specified"))
    if backend is not None:
        _backend(backend, "spec.defaultBackend", errors)
    for index, rule in enumerate(rules):
        _rule(rule, f"spec.rules[{index}]", errors)
    for index, tls in enumerate(spec.get("tls") or ()):
        for position, host in enumerate(tls.get("hosts") or ()):
            _host(host, f"spec.tls[{index}].hosts[{position}]", errors)
        if secret := tls.get("secretName"):
            checks.text(errors, names.subdomain, secret, f"spec.tls[{index}].secretName")
    if (named := spec.get("ingressClassName")) is not None:
        checks.text(errors, names.subdomain, named, "spec.ingressClassName")


def _rule(rule: Object, path: str, errors: Errors) -> None:
    if host := rule.get("host"):
        if checks.ip(host) is not None:
            errors.append(fields.invalid(f"{path}.host", host, "must be a DNS name, not an IP address"))
        else:
            _host(host, f"{path}.host", errors)
    http = rule.get("http")
    if http is None:
        return
    checks.present(errors, http.get("paths"), f"{path}.http.paths")
    for index, each in enumerate(http.get("paths") or ()):
        _path(each, f"{path}.http.paths[{index}]", errors)


def _host(host: str, path: str, errors: Errors) -> None:
    checks.text(errors, names.wildcard_subdomain if "*" in host else names.subdomain, host, path)


def _path(each: Object, path: str, errors: Errors) -> None:
    kind, value = each.get("pathType"), each.get("path", "")
    if kind is None:
        errors.append(fields.required(f"{path}.pathType", "pathType must be specified"))
        return
    if kind in ("Exact", "Prefix"):
        _strict_path(value, f"{path}.path", errors)
    elif kind == "ImplementationSpecific":
        if value and not value.startswith("/"):
            errors.append(fields.invalid(f"{path}.path", value, "must be an absolute path"))
    else:
        errors.append(fields.not_supported(f"{path}.pathType", kind, list(PATH_TYPES)))
    _backend(each.get("backend") or {}, f"{path}.backend", errors)


def _strict_path(value: str, path: str, errors: Errors) -> None:
    if not value.startswith("/"):
        errors.append(fields.invalid(path, value, "must be an absolute path"))
    for part in FORBIDDEN_IN_PATH:
        if part in value:
            errors.append(fields.invalid(path, value, f"must not contain '{part}'"))
    for part in FORBIDDEN_AT_END:
        if value.endswith(part):
            errors.append(fields.invalid(path, value, f"cannot end with '{part}'"))


def _backend(backend: Object, path: str, errors: Errors) -> None:
    service, resource = backend.get("service"), backend.get("resource")
    if service is not None and resource is not None:
        errors.append(fields.invalid(path, "", "cannot set both resource and service backends"))
    elif resource is not None:
        _typed_reference(resource, f"{path}.resource", errors)
    elif service is not None:
        _service(service, path, errors)
    else:
        errors.append(fields.invalid(path, "", "resource or service backend is required"))


def _typed_reference(reference: Object, path: str, errors: Errors) -> None:
    if (group := reference.get("apiGroup")) is not None:
        checks.text(errors, names.subdomain, group, f"{path}.apiGroup")
    for key in ("kind", "name"):
        checks.required_text(errors, names.path_segment, reference.get(key), f"{path}.{key}", f"{key} is required")


def _service(service: Object, path: str, errors: Errors) -> None:
    checks.required_text(errors, names.label, service.get("name"), f"{path}.service.name")
    port = service.get("port") or {}
    name, number = port.get("name"), port.get("number")
    if name and number:
        errors.append(fields.invalid(path, "", "cannot set both port name & port number"))
    elif name:
        checks.text(errors, names.port_name, name, f"{path}.service.port.name")
    elif number:
        checks.port_number(errors, number, f"{path}.service.port.number")
    else:
        errors.append(fields.required(path, "port name or number is required"))


def update_status(new: Object, old: Object, errors: Errors) -> None:
    ingress = ((new.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    services.load_balancer_ingress(ingress, "status.loadBalancer.ingress", errors)


def create_class(value: Object, errors: Errors) -> None:
    spec = value.get("spec") or {}
    controller = spec.get("controller", "")
    if len(controller) > MOST_CONTROLLER:
        errors.append(fields.too_long("spec.controller", MOST_CONTROLLER))
    checks.domain_prefixed_path(errors, controller, "spec.controller")
    if (parameters := spec.get("parameters")) is not None:
        _parameters(parameters, "spec.parameters", errors)


def _parameters(parameters: Object, path: str, errors: Errors) -> None:
    _typed_reference(parameters, path, errors)
    scope, namespace = parameters.get("scope"), parameters.get("namespace")
    if not checks.required_one_of(errors, scope, f"{path}.scope", ("Cluster", "Namespace")):
        return
    if scope == "Namespace":
        if namespace is None:
            errors.append(fields.required(f"{path}.namespace", "`parameters.scope` is set to 'Namespace'"))
        else:
            checks.text(errors, names.label, namespace, f"{path}.namespace")
    if scope == "Cluster" and namespace is not None:
        detail = "`parameters.scope` is set to 'Cluster'"
        errors.append(fields.forbidden(f"{path}.namespace", detail))


def update_class(new: Object, old: Object, errors: Errors) -> None:
    checks.same_fields(errors, new.get("spec") or {}, old.get("spec") or {}, "spec", "controller")
    create_class(new, errors)
