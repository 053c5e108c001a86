"""Rules of FlowSchemas and PriorityLevelConfigurations."""

from pyk3s.api import fields, names
from pyk3s.api.validation import checks
from pyk3s.api.validation.checks import Errors, Object

DISTINGUISHERS = ("ByNamespace", "ByUser")
MEMBERS = {"Group": "group", "ServiceAccount": "serviceAccount", "User": "user"}
LEVELS = ("Exempt", "Limited")
RESPONSES = ("Queue", "Reject")
VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch")
MOST_PRECEDENCE = 10_000
MOST_QUEUES = 10_000_000
QUEUING_NAMED = "limited.limitResponse.type"


def create_schema(schema: Object, errors: Errors) -> None:
    spec = schema.get("spec") or {}
    precedence = spec.get("matchingPrecedence") or 0
    if precedence <= 0:
        errors.append(fields.invalid("spec.matchingPrecedence", precedence, "must be a positive value"))
    if precedence > MOST_PRECEDENCE:
        detail = f"must not be greater than {MOST_PRECEDENCE}"
        errors.append(fields.invalid("spec.matchingPrecedence", precedence, detail))
    if precedence == 1 and schema["metadata"].get("name") != "exempt":
        detail = "only the schema named 'exempt' may have matchingPrecedence 1"
        errors.append(fields.invalid("spec.matchingPrecedence", 1, detail))
    if (method := spec.get("distinguisherMethod")) is not None:
        checks.required_one_of(errors, method.get("type"), "spec.distinguisherMethod.type", DISTINGUISHERS)
    level = (spec.get("priorityLevelConfiguration") or {}).get("name")
    detail = "must reference a priority level"
    checks.present(errors, level, "spec.priorityLevelConfiguration.name", detail)
    for index, rule in enumerate(spec.get("rules") or ()):
        _rule(rule, f"spec.rules[{index}]", errors)


def update_schema(new: Object, old: Object, errors: Errors) -> None:
    create_schema(new, errors)


def _rule(rule: Object, path: str, errors: Errors) -> None:
    subjects = rule.get("subjects") or []
    checks.present(errors, subjects, f"{path}.subjects", "subjects must contain at least one value")
    for index, subject in enumerate(subjects):
        _subject(subject, f"{path}.subjects[{index}]", errors)
    resource, other = rule.get("resourceRules") or [], rule.get("nonResourceRules") or []
    if not resource and not other:
        detail = "at least one of resourceRules and nonResourceRules has to be non-empty"
        errors.append(fields.required(path, detail))
    for index, each in enumerate(resource):
        _resource_rule(each, f"{path}.resourceRules[{index}]", errors)
    for index, each in enumerate(other):
        at = f"{path}.nonResourceRules[{index}]"
        _verbs(each, at, errors)
        for position, url in enumerate(_alone_or_named(each, at, "nonResourceURLs", "non-resource URLs", errors)):
            _url(url, f"{at}.nonResourceURLs[{position}]", errors)


def _resource_rule(rule: Object, path: str, errors: Errors) -> None:
    _verbs(rule, path, errors)
    _alone_or_named(rule, path, "apiGroups", "api groups", errors)
    _alone_or_named(rule, path, "resources", "resources", errors)
    if not rule.get("namespaces"):
        if not rule.get("clusterScope"):
            detail = "resource rules that are not cluster scoped must supply at least one namespace"
            errors.append(fields.required(f"{path}.namespaces", detail))
        return
    for index, name in enumerate(_alone_or_named(rule, path, "namespaces", "namespaces", errors)):
        for message in names.label(name):
            detail = f"each member of this list must be '*' or a DNS-1123 label; {message}"
            errors.append(fields.invalid(f"{path}.namespaces[{index}]", name, detail))


def _verbs(rule: Object, path: str, errors: Errors) -> None:
    verbs = _alone_or_named(rule, path, "verbs", "verbs", errors)
    if not set(verbs) <= set(VERBS):
        errors.append(fields.not_supported(f"{path}.verbs", verbs, list(VERBS)))


def _alone_or_named(rule: Object, path: str, key: str, called: str, errors: Errors) -> list[str]:
    """The members of a list that must not be empty, and in which `*` stands alone; none where it does."""
    members: list[str] = rule.get(key) or []
    checks.present(errors, members, f"{path}.{key}")
    if "*" not in members:
        return members
    if len(members) > 1:
        errors.append(fields.invalid(f"{path}.{key}", members, f"if '*' is present, must not specify other {called}"))
    return []


def _url(url: str, path: str, errors: Errors) -> None:
    """A path that only its last segment may leave open."""
    if not url:
        errors.append(fields.invalid(path, url, "must not be empty"))
    elif not url.startswith("/"):
        errors.append(fields.invalid(path, url, "must start with slash"))
    elif " " in url:
        errors.append(fields.invalid(path, url, "must not contain white-space"))
    elif "//" in url:
        errors.append(fields.invalid(path, url, "must not contain double slash"))
    elif "*" in url.removesuffix("/*"):
        errors.append(fields.invalid(path, url, "wildcard can only do suffix matching"))


def _subject(subject: Object, path: str, errors: Errors) -> None:
    kind = subject.get("kind")
    if not checks.one_of(errors, kind, f"{path}.kind", MEMBERS):
        return
    member = MEMBERS[str(kind)]
    if (named := subject.get(member)) is None:
        detail = f"{member} is required when subject kind is '{kind}'"
        errors.append(fields.required(f"{path}.{member}", detail))
    else:
        checks.present(errors, named.get("name"), f"{path}.{member}.name")
    for other_kind, other in MEMBERS.items():
        if other != member and subject.get(other) is not None:
            detail = f"{other} is forbidden when subject kind is not '{other_kind}'"
            errors.append(fields.forbidden(f"{path}.{other}", detail))


def create_level(level: Object, errors: Errors) -> None:
    spec = level.get("spec") or {}
    kind, limited, exempt = spec.get("type"), spec.get("limited"), spec.get("exempt")
    if kind == "Exempt":
        if limited is not None:
            errors.append(fields.forbidden("spec.limited", "must be nil if the type is not Limited"))
        if exempt is not None:
            _shares(exempt, "spec.exempt", errors)
    elif kind == "Limited":
        if exempt is not None:
            errors.append(fields.forbidden("spec.exempt", "must be nil if the type is Limited"))
        if limited is None:
            errors.append(fields.required("spec.limited", "must not be empty when type is Limited"))
        else:
            _limited(limited, "spec.limited", errors)
    else:
        errors.append(fields.not_supported("spec.type", kind or "", list(LEVELS)))


def update_level(new: Object, old: Object, errors: Errors) -> None:
    create_level(new, errors)


def _shares(value: Object, path: str, errors: Errors) -> None:
    shares, lendable = value.get("nominalConcurrencyShares"), value.get("lendablePercent")
    if shares is not None and shares < 0:
        errors.append(fields.invalid(f"{path}.nominalConcurrencyShares", shares, "must be a non-negative integer"))
    if lendable is not None and not 0 <= lendable <= 100:
        errors.append(fields.invalid(f"{path}.lendablePercent", lendable, "must be between 0 and 100, inclusive"))


def _limited(limited: Object, path: str, errors: Errors) -> None:
    _shares(limited, path, errors)
    if (borrowing := limited.get("borrowingLimitPercent")) is not None and borrowing < 0:
        detail = "if specified, must be a non-negative integer"
        errors.append(fields.invalid(f"{path}.borrowingLimitPercent", borrowing, detail))
    response = limited.get("limitResponse") or {}
    kind, queuing, at = response.get("type"), response.get("queuing"), f"{path}.limitResponse.queuing"
    if kind == "Reject":
        if queuing is not None:
            errors.append(fields.forbidden(at, f"must be nil if {QUEUING_NAMED} is not Limited"))
    elif kind == "Queue":
        if queuing is None:
            errors.append(fields.required(at, f"must not be empty if {QUEUING_NAMED} is Limited"))
        else:
            _queuing(queuing, at, errors)
    else:
        errors.append(fields.not_supported(f"{path}.limitResponse.type", kind or "", list(RESPONSES)))


def _queuing(queuing: Object, path: str, errors: Errors) -> None:
    queues, hand = queuing.get("queues") or 0, queuing.get("handSize") or 0
    if (length := queuing.get("queueLengthLimit") or 0) <= 0:
        errors.append(fields.invalid(f"{path}.queueLengthLimit", length, "must be positive"))
    if queues <= 0:
        errors.append(fields.invalid(f"{path}.queues", queues, "must be positive"))
    elif queues > MOST_QUEUES:
        errors.append(fields.invalid(f"{path}.queues", queues, f"must not be greater than {MOST_QUEUES}"))
    if hand <= 0:
        errors.append(fields.invalid(f"{path}.handSize", hand, "must be positive"))
    elif hand > queues:
        errors.append(fields.invalid(f"{path}.handSize", hand, f"should not be greater than queues ({queues})"))
