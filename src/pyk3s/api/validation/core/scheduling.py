"""Rules of what steers a pod to a node: node selectors, affinity, tolerations, topology spread, scheduling gates."""

from pyk3s.api import fields, names
from pyk3s.api.validation import checks, metadata, selectors
from pyk3s.api.validation.checks import Errors, Object

TAINT_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
SPREAD_ACTIONS = ("DoNotSchedule", "ScheduleAnyway")
INCLUSION_POLICIES = ("Honor", "Ignore")


@checks.remembered
def affinity(value: Object, path: str, errors: Errors) -> None:
    if (node := value.get("nodeAffinity")) is not None:
        _node_affinity(node, f"{path}.nodeAffinity", errors)
    for key in ("podAffinity", "podAntiAffinity"):
        if (pods := value.get(key)) is not None:
            _pod_affinity(pods, f"{path}.{key}", errors)


def _node_affinity(value: Object, path: str, errors: Errors) -> None:
    if (required := value.get("requiredDuringSchedulingIgnoredDuringExecution")) is not None:
        node_selector(required, f"{path}.requiredDuringSchedulingIgnoredDuringExecution", errors)
    for index, preferred in enumerate(value.get("preferredDuringSchedulingIgnoredDuringExecution") or ()):
        at = f"{path}.preferredDuringSchedulingIgnoredDuringExecution[{index}]"
        _weight(preferred, at, errors)
        _node_selector_term(preferred.get("preference") or {}, f"{at}.preference", errors)


def node_selector(value: Object, path: str, errors: Errors) -> None:
    """A NodeSelector: terms, of which one must hold."""
    terms = value.get("nodeSelectorTerms")
    checks.present(errors, terms, f"{path}.nodeSelectorTerms", "must have at least one node selector term")
    for index, term in enumerate(terms or ()):
        _node_selector_term(term, f"{path}.nodeSelectorTerms[{index}]", errors)


def _node_selector_term(term: Object, path: str, errors: Errors) -> None:
    for index, requirement in enumerate(term.get("matchExpressions") or ()):
        _node_expression(requirement, f"{path}.matchExpressions[{index}]", errors)
    for index, requirement in enumerate(term.get("matchFields") or ()):
        _node_field(requirement, f"{path}.matchFields[{index}]", errors)


def _node_expression(requirement: Object, path: str, errors: Errors) -> None:
    operator, values = requirement.get("operator", ""), requirement.get("values") or []
    if operator in ("In", "NotIn"):
        checks.present(errors, values, f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'")
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            errors.append(fields.forbidden(f"{path}.values", detail))
    elif operator in ("Gt", "Lt"):
        if len(values) != 1:
            detail = "must be specified single value when `operator` is 'Lt' or 'Gt'"
            errors.append(fields.required(f"{path}.values", detail))
    else:
        errors.append(fields.invalid(f"{path}.operator", operator, "not a valid selector operator"))
    checks.text(errors, names.qualified_name, requirement.get("key", ""), f"{path}.key")
    if operator in ("In", "NotIn"):
        for index, value in enumerate(values):
            checks.text(errors, names.label_value, value, f"{path}.values[{index}]")


def _node_field(requirement: Object, path: str, errors: Errors) -> None:
    operator, values = requirement.get("operator", ""), requirement.get("values") or []
    if operator not in ("In", "NotIn"):
        errors.append(fields.invalid(f"{path}.operator", operator, "not a valid selector operator"))
    elif len(values) != 1:
        detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        errors.append(fields.required(f"{path}.values", detail))
    if (key := requirement.get("key", "")) != "metadata.name":
        errors.append(fields.invalid(f"{path}.key", key, "not a valid field selector key"))
        return
    for index, value in enumerate(values):
        checks.text(errors, names.subdomain, value, f"{path}.values[{index}]")


def _weight(preferred: Object, path: str, errors: Errors) -> None:
    if not 1 <= (weight := preferred.get("weight", 0)) <= 100:
        errors.append(fields.invalid(f"{path}.weight", weight, "must be in the range 1-100"))


def _pod_affinity(value: Object, path: str, errors: Errors) -> None:
    for index, term in enumerate(value.get("requiredDuringSchedulingIgnoredDuringExecution") or ()):
        _pod_affinity_term(term, f"{path}.requiredDuringSchedulingIgnoredDuringExecution[{index}]", errors)
    for index, preferred in enumerate(value.get("preferredDuringSchedulingIgnoredDuringExecution") or ()):
        at = f"{path}.preferredDuringSchedulingIgnoredDuringExecution[{index}]"
        _weight(preferred, at, errors)
        _pod_affinity_term(preferred.get("podAffinityTerm") or {}, f"{at}.podAffinityTerm", errors)


def _pod_affinity_term(term: Object, path: str, errors: Errors) -> None:
    for key in ("labelSelector", "namespaceSelector"):
        if (selector := term.get(key)) is not None:
            selectors.selector(selector, f"{path}.{key}", errors)
    for namespace in term.get("namespaces") or ():
        checks.text(errors, names.label, namespace, f"{path}.namespace")
    for key in ("matchLabelKeys", "mismatchLabelKeys"):
        _match_label_keys(term, key, path, errors)
    both = set(term.get("matchLabelKeys") or ()) & set(term.get("mismatchLabelKeys") or ())
    for index, label_key in enumerate(term.get("matchLabelKeys") or ()):
        if label_key in both:
            detail = "exists in both matchLabelKeys and mismatchLabelKeys"
            errors.append(fields.invalid(f"{path}.matchLabelKeys[{index}]", label_key, detail))
    _topology_key(term, path, errors)
    checks.text(errors, names.qualified_name, term.get("topologyKey", ""), f"{path}.topologyKey")


def _topology_key(holder: Object, path: str, errors: Errors) -> None:
    checks.present(errors, holder.get("topologyKey"), f"{path}.topologyKey", "can not be empty")


def _match_label_keys(holder: Object, field: str, path: str, errors: Errors) -> None:
    keys = holder.get(field)
    if not keys:
        return
    selector = holder.get("labelSelector")
    if selector is None:
        detail = "must not be specified when labelSelector is not set"
        errors.append(fields.forbidden(f"{path}.{field}", detail))
        return
    for index, key in enumerate(keys):
        checks.text(errors, names.qualified_name, key, f"{path}.{field}[{index}]")
    _required_once(keys, selector, f"{path}.{field}", f"exists in both {field} and labelSelector", errors)


def _required_once(keys: list[str], selector: Object, path: str, detail: str, errors: Errors) -> None:
    """The API has added a requirement for each key that the pod has; with one more of the user's there are two."""
    seen = set(selector.get("matchLabels") or ())
    for expression in selector.get("matchExpressions") or ():
        key = expression.get("key", "")
        if key in seen and key in keys:
            errors.append(fields.invalid(f"{path}[{keys.index(key)}]", key, detail))
        seen.add(key)


@checks.remembered
def tolerations(values: list[Object], path: str, errors: Errors) -> None:
    for index, toleration in enumerate(values):
        _toleration(toleration, f"{path}[{index}]", errors)


def _toleration(toleration: Object, path: str, errors: Errors) -> None:
    key, operator = toleration.get("key", ""), toleration.get("operator", "")
    value, effect = toleration.get("value", ""), toleration.get("effect", "")
    if key:
        checks.text(errors, names.qualified_name, key, f"{path}.key")
    elif operator != "Exists":
        detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
        errors.append(fields.invalid(f"{path}.operator", operator, detail))
    if toleration.get("tolerationSeconds") is not None and effect != "NoExecute":
        detail = "effect must be 'NoExecute' when `tolerationSeconds` is set"
        errors.append(fields.invalid(f"{path}.effect", effect, detail))
    if operator in ("Equal", ""):
        if wrong := names.label_value(value):
            errors.append(fields.invalid(f"{path}.operator", value, ";".join(wrong)))
    elif operator == "Exists":
        if value:
            errors.append(fields.invalid(f"{path}.operator", value, "value must be empty when `operator` is 'Exists'"))
    else:
        errors.append(fields.not_supported(f"{path}.operator", operator, ["Equal", "Exists"]))
    if effect:
        checks.one_of(errors, effect, f"{path}.effect", TAINT_EFFECTS)


@checks.remembered
def topology_spread(constraints: list[Object], path: str, errors: Errors) -> None:
    pairs = [(each.get("topologyKey", ""), each.get("whenUnsatisfiable", "")) for each in constraints]
    for index, constraint in enumerate(constraints):
        at = f"{path}[{index}]"
        if (skew := constraint.get("maxSkew", 0)) <= 0:
            errors.append(fields.invalid(f"{at}.maxSkew", skew, "must be greater than zero"))
        _topology_key(constraint, at, errors)
        key, action = pair = pairs[index]
        checks.one_of(errors, action, f"{at}.whenUnsatisfiable", SPREAD_ACTIONS)
        if pair in pairs[index + 1 :]:  # told of the one that comes first
            errors.append(fields.duplicate(f"{at}.{{topologyKey, whenUnsatisfiable}}", f"{{{key}, {action}}}"))
        _spread_details(constraint, at, errors)


def _spread_details(constraint: Object, path: str, errors: Errors) -> None:
    if (domains := constraint.get("minDomains")) is not None:
        if domains <= 0:
            errors.append(fields.invalid(f"{path}.minDomains", domains, "must be greater than zero"))
        if (action := constraint.get("whenUnsatisfiable", "")) != "DoNotSchedule":
            detail = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"
            errors.append(fields.invalid(f"{path}.minDomains", domains, detail))
    for key in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
        if (policy := constraint.get(key)) is not None:
            checks.one_of(errors, policy, f"{path}.{key}", INCLUSION_POLICIES)
    _match_label_keys(constraint, "matchLabelKeys", path, errors)
    if (selector := constraint.get("labelSelector")) is not None:
        selectors.selector(selector, f"{path}.labelSelector", errors)


def gates(values: list[Object], path: str, errors: Errors) -> None:
    for index, gate in enumerate(values):
        checks.text(errors, names.qualified_name, gate.get("name", ""), f"{path}[{index}]")
    checks.unique(errors, (gate.get("name", "") for gate in values), lambda index: f"{path}[{index}]")


def node_labels(value: dict[str, str], path: str, errors: Errors) -> None:
    """`spec.nodeSelector` of a pod."""
    metadata.labels(value, path, errors)
