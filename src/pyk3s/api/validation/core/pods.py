"""Rules of pods on creation: the whole spec, alone and inside templates of workloads."""

from pyk3s.api import fields, names
from pyk3s.api.validation import checks, internals, metadata
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.core import (
    containers,
    operating_systems,
    pod_annotations,
    resources,
    scheduling,
    security,
    volumes,
)

RESTART_POLICIES = ("Always", "OnFailure", "Never")
DNS_POLICIES = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
PREEMPTION_POLICIES = ("PreemptLowerPriority", "Never")
MOST_NAMESERVERS, MOST_SEARCH_PATHS, MOST_SEARCH_CHARACTERS = 3, 32, 2048
MOST_HOSTNAME_OVERRIDE = 64


def create(pod: Object, errors: Errors) -> None:
    spec(pod.get("spec") or {}, "spec", errors)
    if annotation_map := pod["metadata"].get("annotations"):
        pod_annotations.create(annotation_map, pod.get("spec") or {}, "metadata.annotations", errors)
    if pod.get("spec") and pod["spec"].get("ephemeralContainers"):
        errors.append(fields.forbidden("spec.ephemeralContainers", "cannot be set on create"))


def template(value: Object, path: str, errors: Errors) -> None:
    """A PodTemplateSpec: labels, annotations and spec."""
    meta = value.get("metadata") or {}
    if label_map := meta.get("labels"):
        metadata.labels(label_map, f"{path}.labels", errors)
    if annotation_map := meta.get("annotations"):
        metadata.annotations(annotation_map, f"{path}.annotations", errors)
        pod_annotations.create(annotation_map, value.get("spec") or {}, f"{path}.annotations", errors)
    pod_spec = value.get("spec") or {}
    spec(pod_spec, f"{path}.spec", errors)
    if pod_spec.get("ephemeralContainers"):
        detail = "ephemeral containers not allowed in pod template"
        errors.append(fields.forbidden(f"{path}.spec.ephemeralContainers", detail))


def spec(value: Object, path: str, errors: Errors) -> None:
    """A PodSpec, defaults applied."""
    around = _surroundings(value)
    if pod_volumes := value.get("volumes"):
        volumes.volumes(pod_volumes, f"{path}.volumes", errors)
    mains = value.get("containers") or []
    containers.main(mains, around, f"{path}.containers", errors)
    inits = value.get("initContainers") or []
    if inits:
        containers.init(inits, mains, around, f"{path}.initContainers", errors)
    if ephemeral := value.get("ephemeralContainers"):
        containers.ephemeral(ephemeral, [*mains, *inits], around, f"{path}.ephemeralContainers", errors)
    checks.required_one_of(errors, value.get("restartPolicy"), f"{path}.restartPolicy", RESTART_POLICIES)
    checks.required_one_of(errors, value.get("dnsPolicy"), f"{path}.dnsPolicy", DNS_POLICIES)
    _placement(value, path, errors)
    if context := value.get("securityContext"):
        security.pod(context, value, f"{path}.securityContext", errors)
    security.host_namespaces(value, path, errors)
    _network(value, path, errors)
    _references(value, path, errors)
    _lifetime(value, path, errors)


def _surroundings(value: Object) -> containers.Surroundings:
    pod_volumes, claims = value.get("volumes"), value.get("resourceClaims")
    return containers.Surroundings(
        volumes={volume.get("name", ""): volume for volume in pod_volumes} if pod_volumes else {},
        claims=frozenset(claim.get("name", "") for claim in claims) if claims else frozenset(),
        grace_s=value.get("terminationGracePeriodSeconds"),
        host_users=value.get("hostUsers") is not False,
    )


def _placement(value: Object, path: str, errors: Errors) -> None:
    if node_labels := value.get("nodeSelector"):
        scheduling.node_labels(node_labels, f"{path}.nodeSelector", errors)
    if affinity := value.get("affinity"):
        scheduling.affinity(affinity, f"{path}.affinity", errors)
    if tolerations := value.get("tolerations"):
        scheduling.tolerations(tolerations, f"{path}.tolerations", errors)
    if spread := value.get("topologySpreadConstraints"):
        scheduling.topology_spread(spread, f"{path}.topologySpreadConstraints", errors)
    if gates := value.get("schedulingGates"):
        scheduling.gates(gates, f"{path}.schedulingGates", errors)
        if value.get("nodeName"):
            detail = "cannot be set until all schedulingGates have been cleared"
            errors.append(fields.forbidden(f"{path}.nodeName", detail))
    for index, gate in enumerate(value.get("readinessGates") or ()):
        at = f"{path}.readinessGates[{index}].conditionType"
        checks.text(errors, names.qualified_name, gate.get("conditionType", ""), at)


def _network(value: Object, path: str, errors: Errors) -> None:
    for key in ("hostname", "subdomain"):
        if name := value.get(key):
            checks.text(errors, names.label, name, f"{path}.{key}")
    if override := value.get("hostnameOverride"):
        checks.text(errors, names.subdomain, override, f"{path}.hostnameOverride")
        if len(override) > MOST_HOSTNAME_OVERRIDE:
            detail = names.at_most(MOST_HOSTNAME_OVERRIDE)
            errors.append(fields.invalid(f"{path}.hostnameOverride", override, detail))
    dns(value, f"{path}.dnsConfig", errors)
    for index, alias in enumerate(value.get("hostAliases") or ()):
        at = f"{path}.hostAliases[{index}]"
        checks.valid_ip(errors, alias.get("ip", ""), f"{at}.ip")
        for position, hostname in enumerate(alias.get("hostnames") or ()):
            checks.text(errors, names.subdomain, hostname, f"{at}.hostnames[{position}]")


def dns(value: Object, path: str, errors: Errors) -> None:
    """`dnsConfig`, which a pod without other DNS must have."""
    config: Object | None = value.get("dnsConfig")
    if value.get("dnsPolicy") == "None":
        if config is None:
            errors.append(fields.required(path, "must provide `dnsConfig` when `dnsPolicy` is None"))
        elif not config.get("nameservers"):
            detail = "must provide at least one DNS nameserver when `dnsPolicy` is None"
            errors.append(fields.required(f"{path}.nameservers", detail))
    if not config:
        return
    servers, searches = config.get("nameservers") or [], config.get("searches") or []
    if len(servers) > MOST_NAMESERVERS:
        detail = f"must not have more than {MOST_NAMESERVERS} nameservers"
        errors.append(fields.invalid(f"{path}.nameservers", servers, detail))
    for index, server in enumerate(servers):
        checks.valid_ip(errors, server, f"{path}.nameservers[{index}]")
    _searches(searches, f"{path}.searches", errors)
    for index, option in enumerate(config.get("options") or ()):
        checks.present(errors, option.get("name"), f"{path}.options[{index}]", "must not be empty")


def _searches(searches: list[str], path: str, errors: Errors) -> None:
    if len(searches) > MOST_SEARCH_PATHS:
        detail = f"must not have more than {MOST_SEARCH_PATHS} search paths"
        errors.append(fields.invalid(path, searches, detail))
    if len(" ".join(searches)) > MOST_SEARCH_CHARACTERS:
        detail = f"must not have more than {MOST_SEARCH_CHARACTERS} characters (including spaces) in the search list"
        errors.append(fields.invalid(path, searches, detail))
    for index, search in enumerate(searches):
        if search != ".":
            checks.text(errors, names.underscored_subdomain, search.removesuffix("."), f"{path}[{index}]")


def _references(value: Object, path: str, errors: Errors) -> None:
    for key in ("serviceAccountName", "nodeName", "priorityClassName", "runtimeClassName"):
        if name := value.get(key):
            checks.text(errors, names.subdomain, name, f"{path}.{key}")
    for index, secret in enumerate(value.get("imagePullSecrets") or ()):
        checks.present(errors, secret.get("name"), f"{path}.imagePullSecrets[{index}].name")
    if claims := value.get("resourceClaims"):
        _resource_claims(claims, f"{path}.resourceClaims", errors)


def _resource_claims(claims: list[Object], path: str, errors: Errors) -> None:
    seen: set[str] = set()
    for index, claim in enumerate(claims):
        at, name = f"{path}[{index}]", claim.get("name", "")
        if name in seen:
            errors.append(fields.duplicate(f"{at}.name", name))
        elif not name:
            errors.append(fields.required(f"{at}.name"))
        else:
            checks.text(errors, names.label, name, f"{at}.name")
        seen.add(name)
        chosen = [key for key in ("resourceClaimName", "resourceClaimTemplateName") if claim.get(key) is not None]
        if len(chosen) > 1:
            detail = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"
            errors.append(fields.invalid(at, internals.view(claim, internals.POD_CLAIM), detail))
        if not chosen:
            detail = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"
            errors.append(fields.invalid(at, internals.view(claim, internals.POD_CLAIM), detail))
        for key in chosen:
            checks.text(errors, names.subdomain, claim[key], f"{at}.{key}")


def _lifetime(value: Object, path: str, errors: Errors) -> None:
    checks.in_range(errors, value.get("activeDeadlineSeconds"), f"{path}.activeDeadlineSeconds", 1, checks.MOST_INT32)
    if (policy := value.get("preemptionPolicy")) is not None:
        checks.one_of(errors, policy, f"{path}.preemptionPolicy", PREEMPTION_POLICIES)
    for name, given in (value.get("overhead") or {}).items():
        at = f"{path}.overhead.limits[{name}]"
        resources.container_resource_name(errors, name, at)
        resources.amount(errors, name, given, at)
    if (own := value.get("resources")) is not None:
        resources.pod_resources(own, value, f"{path}.resources", errors)
    operating_systems.operating_system(value, path, errors)
