"""Rules of Roles, ClusterRoles and their bindings. Escalation is for the authoriser to prevent, not for validation."""

from pyk3s.api import fields, names
from pyk3s.api.validation import checks, internals, selectors
from pyk3s.api.validation.checks import Errors, Object

GROUP = "rbac.authorization.k8s.io"
SUBJECTS = ("ServiceAccount", "User", "Group")


def create_role(role: Object, errors: Errors) -> None:
    for index, rule in enumerate(role.get("rules") or ()):
        _rule(rule, True, f"rules[{index}]", errors)


def update_role(new: Object, old: Object, errors: Errors) -> None:
    create_role(new, errors)


def create_cluster_role(role: Object, errors: Errors) -> None:
    for index, rule in enumerate(role.get("rules") or ()):
        _rule(rule, False, f"rules[{index}]", errors)
    if (aggregation := role.get("aggregationRule")) is None:
        return
    path = "aggregationRule.clusterRoleSelectors"
    chosen = aggregation.get("clusterRoleSelectors") or []
    detail = "at least one clusterRoleSelector required if aggregationRule is non-nil"
    checks.present(errors, chosen, path, detail)
    for index, selector in enumerate(chosen):
        selectors.selector(selector, f"{path}[{index}]", errors)


def update_cluster_role(new: Object, old: Object, errors: Errors) -> None:
    create_cluster_role(new, errors)


def _rule(rule: Object, namespaced: bool, path: str, errors: Errors) -> None:
    checks.present(errors, rule.get("verbs"), f"{path}.verbs", "verbs must contain at least one value")
    if urls := rule.get("nonResourceURLs"):
        at = f"{path}.nonResourceURLs"
        if namespaced:
            errors.append(fields.invalid(at, urls, "namespaced rules cannot apply to non-resource URLs"))
        if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
            detail = "rules cannot apply to both regular resources and non-resource URLs"
            errors.append(fields.invalid(at, urls, detail))
        return
    if not rule.get("apiGroups"):
        detail = "resource rules must supply at least one api group"
        errors.append(fields.required(f"{path}.apiGroups", detail))
    if not rule.get("resources"):
        detail = "resource rules must supply at least one resource"
        errors.append(fields.required(f"{path}.resources", detail))


def create_binding(binding: Object, errors: Errors) -> None:
    _binding(binding, ("Role", "ClusterRole"), True, errors)


def create_cluster_binding(binding: Object, errors: Errors) -> None:
    _binding(binding, ("ClusterRole",), False, errors)


def _binding(binding: Object, kinds: tuple[str, ...], namespaced: bool, errors: Errors) -> None:
    role = binding.get("roleRef") or {}
    checks.one_of(errors, role.get("apiGroup"), "roleRef.apiGroup", (GROUP,))
    checks.one_of(errors, role.get("kind"), "roleRef.kind", kinds)
    checks.required_text(errors, names.path_segment, role.get("name"), "roleRef.name")
    for index, subject in enumerate(binding.get("subjects") or ()):
        _subject(subject, namespaced, f"subjects[{index}]", errors)


def _subject(subject: Object, namespaced: bool, path: str, errors: Errors) -> None:
    name, kind, group = subject.get("name", ""), subject.get("kind", ""), subject.get("apiGroup", "")
    checks.present(errors, name, f"{path}.name")
    if kind == "ServiceAccount":
        if name:
            checks.text(errors, names.subdomain, name, f"{path}.name")
        if group:
            errors.append(fields.not_supported(f"{path}.apiGroup", group, [""]))
        if not namespaced:
            checks.present(errors, subject.get("namespace"), f"{path}.namespace")
    elif kind in ("User", "Group"):
        checks.one_of(errors, group, f"{path}.apiGroup", (GROUP,))
    else:
        errors.append(fields.not_supported(f"{path}.kind", kind, list(SUBJECTS)))


def update_binding(new: Object, old: Object, errors: Errors) -> None:
    create_binding(new, errors)
    _same_role(new, old, errors)


def update_cluster_binding(new: Object, old: Object, errors: Errors) -> None:
    create_cluster_binding(new, errors)
    _same_role(new, old, errors)


def _same_role(new: Object, old: Object, errors: Errors) -> None:
    if (role := new.get("roleRef") or {}) != old.get("roleRef"):
        errors.append(fields.invalid("roleRef", internals.view(role, internals.ROLE_REF), "cannot change roleRef"))
