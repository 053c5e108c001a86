"""Warnings about pods and pod templates."""

from collections.abc import Iterator
from typing import Any

from pyk3s.api import quantity

JSON = dict[str, Any]
NODE_LABELS = {
    "beta.kubernetes.io/arch": ("1.14", "kubernetes.io/arch"),
    "beta.kubernetes.io/os": ("1.14", "kubernetes.io/os"),
    "failure-domain.beta.kubernetes.io/region": ("1.17", "topology.kubernetes.io/region"),
    "failure-domain.beta.kubernetes.io/zone": ("1.17", "topology.kubernetes.io/zone"),
    "beta.kubernetes.io/instance-type": ("1.17", "node.kubernetes.io/instance-type"),
}
ANNOTATIONS = {
    "scheduler.alpha.kubernetes.io/critical-pod": ("1.16", "priorityClassName"),
    "security.alpha.kubernetes.io/sysctls": ("1.11", "sysctls"),
    "security.alpha.kubernetes.io/unsafe-sysctls": ("1.11", "sysctls"),
}
VOLUMES = {
    "photonPersistentDisk": "deprecated in v1.11, non-functional in v1.16+",
    "gitRepo": "deprecated in v1.11, and disabled by default in v1.33+",
    "scaleIO": "deprecated in v1.16, non-functional in v1.22+",
    "flocker": "deprecated in v1.22, non-functional in v1.25+",
    "storageos": "deprecated in v1.22, non-functional in v1.25+",
    "quobyte": "deprecated in v1.22, non-functional in v1.25+",
    "glusterfs": "deprecated in v1.25, non-functional in v1.26+",
    "cephfs": "deprecated in v1.28, non-functional in v1.31+",
    "rbd": "deprecated in v1.28, non-functional in v1.31+",
}
_SHOWN = {"storageos": "storageOS"}
SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_BYTES = ("memory", "ephemeral-storage")
_PLACING = frozenset(("nodeSelector", "affinity", "topologySpreadConstraints"))
NO_SELECTOR = "a null labelSelector results in matching no pod"


def pod(obj: JSON) -> list[str]:
    return _of(obj["metadata"], obj["spec"], "")


def template(obj: JSON, path: str) -> list[str]:
    """Warnings about a pod template; `path` ends in a dot."""
    return _of(obj.get("metadata") or {}, obj.get("spec") or {}, path)


def _of(metadata: JSON, spec: JSON, path: str) -> list[str]:
    """Nearly every pod deserves nothing, so each rule is asked only about what is there."""
    told: list[str] = []
    containers = _containers(spec, path)
    if not spec.keys().isdisjoint(_PLACING):
        told += _placement(spec, f"{path}spec.")
    if annotations := metadata.get("annotations"):
        told += _annotations(annotations, spec, path)
    if volumes := spec.get("volumes"):
        told += _volumes(volumes, path)
    if aliases := spec.get("hostAliases"):
        told += _repeated(aliases, "ip", f"{path}spec.hostAliases")
    if pulls := spec.get("imagePullSecrets"):
        told += _pulls(pulls, f"{path}spec.imagePullSecrets")
    if overhead := spec.get("overhead"):
        told += _fractions(overhead, f"{path}spec.overhead")
    ports = 0
    for container, at in containers:
        if resources := container.get("resources"):
            for side in ("limits", "requests"):
                if amounts := resources.get(side):
                    told += _fractions(amounts, f"{at}.resources.{side}")
        if len(variables := container.get("env") or ()) > 1:
            told += _hidden_variables(variables, at)
        ports += len(container.get("ports") or ())
    if ports > 1:
        told += _ports(containers)
    if (spec.get("terminationGracePeriodSeconds") or 0) < 0:
        why = "must be >= 0; negative values are invalid and will be treated as 1"
        told.append(f"{path}spec.terminationGracePeriodSeconds: {why}")
    if affinity := spec.get("affinity"):
        told += _affinities(affinity, f"{path}spec.affinity")
    return told


def _containers(spec: JSON, path: str) -> list[tuple[JSON, str]]:
    """Containers of every sort, and where they are."""
    found = []
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for index, container in enumerate(spec.get(kind) or ()):
            found.append((container, f"{path}spec.{kind}[{index}]"))
    return found


def _volumes(volumes: list[JSON], path: str) -> list[str]:
    told = []
    for index, volume in enumerate(volumes):
        for kind in volume:
            if kind in VOLUMES:
                told.append(f"{path}spec.volumes[{index}].{_SHOWN.get(kind, kind)}: {VOLUMES[kind]}")
    return told


def _pulls(secrets: list[JSON], path: str) -> Iterator[str]:
    yield from _repeated(secrets, "name", path)
    for index, secret in enumerate(secrets):
        if not secret.get("name"):
            yield f'{path}[{index}].name: invalid empty name ""'


def old_label(key: str) -> str:
    """What to say about a node label that has another name now; empty if it has not."""
    if key not in NODE_LABELS:
        return ""
    since, instead = NODE_LABELS[key]
    return f'deprecated since v{since}; use "{instead}" instead'


def node_term(term: JSON, path: str) -> Iterator[str]:
    """Old labels in a term of a node selector."""
    for index, expression in enumerate(term.get("matchExpressions") or ()):
        if told := old_label(expression.get("key", "")):
            yield f"{path}.matchExpressions[{index}].key: {expression['key']} is {told}"


def _placement(spec: JSON, path: str) -> Iterator[str]:
    for key in spec.get("nodeSelector") or ():
        if told := old_label(key):
            yield f"{path}nodeSelector[{key}]: {told}"
    nodes = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required, preferred = (f"{side}DuringSchedulingIgnoredDuringExecution" for side in ("required", "preferred"))
    for index, term in enumerate((nodes.get(required) or {}).get("nodeSelectorTerms") or ()):
        yield from node_term(term, f"{path}affinity.nodeAffinity.{required}.nodeSelectorTerms[{index}]")
    for index, weighted in enumerate(nodes.get(preferred) or ()):
        at = f"{path}affinity.nodeAffinity.{preferred}[{index}].preference"
        yield from node_term(weighted.get("preference") or {}, at)
    for index, constraint in enumerate(spec.get("topologySpreadConstraints") or ()):
        at, key = f"{path}topologySpreadConstraints[{index}]", constraint.get("topologyKey", "")
        if told := old_label(key):
            yield f"{at}.topologyKey: {key} is {told}"
        if constraint.get("labelSelector") is None:
            yield f"{at}.labelSelector: {NO_SELECTOR}"


def _annotations(annotations: JSON, spec: JSON, path: str) -> Iterator[str]:
    for key, (since, instead) in ANNOTATIONS.items():
        if key in annotations:
            yield f'{path}metadata.annotations[{key}]: non-functional in v{since}+; use the "{instead}" field instead'
    security = spec.get("securityContext") or {}
    without_field = [SECCOMP_POD] if not security.get("seccompProfile") else []
    for container, _ in _containers(spec, path):
        own = container.get("securityContext") or {}
        if not own.get("seccompProfile"):
            without_field.append(SECCOMP_CONTAINER + container["name"])
        key = APPARMOR + container["name"]
        if key in annotations and path and not (security.get("appArmorProfile") or own.get("appArmorProfile")):
            told = 'deprecated since v1.30; use the "appArmorProfile" field instead'
            yield f"{path}metadata.annotations[{key}]: {told}"
    for key in without_field:
        if key in annotations:
            told = 'non-functional in v1.27+; use the "seccompProfile" field instead'
            yield f"{path}metadata.annotations[{key}]: {told}"


def _repeated(items: Any, key: str, path: str) -> Iterator[str]:
    seen: set[str] = set()
    for index, item in enumerate(items):
        value = item.get(key) or ""
        if value in seen:
            yield f'{path}[{index}].{key}: duplicate {key} "{value}"'
        seen.add(value)


def _fractions(amounts: JSON, path: str) -> list[str]:
    told = []
    for name in _BYTES:
        if name in amounts and not quantity.of(amounts[name]).whole:
            told.append(f'{path}[{name}]: fractional byte value "{amounts[name]}" is invalid, must be an integer')
    return told


def _hidden_variables(variables: Any, path: str) -> Iterator[str]:
    seen: set[str] = set()
    for index, variable in enumerate(variables):
        name, value = variable["name"], variable.get("value") or ""
        reference = f"$({name})"
        if name in seen and (variable.get("valueFrom") or value == reference or reference not in value):
            yield f'{path}.env[{index}]: hides previous definition of "{name}", which may be dropped when using apply'
        seen.add(name)


def _ports(containers: list[tuple[JSON, str]]) -> Iterator[str]:
    """Ports of the pod that are the same, or may be."""
    known: dict[tuple[Any, Any], list[tuple[str, str, int]]] = {}
    for container, at in containers:
        for index, port in enumerate(container.get("ports") or ()):
            here, address, host = f"{at}.ports[{index}]", port.get("hostIP") or "", port.get("hostPort") or 0
            others = known.setdefault((port.get("containerPort"), port.get("protocol")), [])
            for there, other_address, other_host in others:
                if (address, host) == (other_address, other_host):
                    yield f"{here}: duplicate port definition with {there}"
                elif not host or not other_host:
                    yield f"{here}: overlapping port definition with {there}"
                elif host == other_host and bool(address) != bool(other_address):
                    yield f"{here}: dangerously ambiguous port definition with {there}"
            others.append((here, address, host))


def _affinities(affinity: JSON, path: str) -> Iterator[str]:
    for kind in ("podAffinity", "podAntiAffinity"):
        rules = affinity.get(kind) or {}
        for side, inner in (("required", ""), ("preferred", "podAffinityTerm")):
            name = f"{side}DuringSchedulingIgnoredDuringExecution"
            for index, term in enumerate(rules.get(name) or ()):
                described = (term.get(inner) or {}) if inner else term
                if described.get("labelSelector") is None:
                    at = f"{path}.{kind}.{name}[{index}]{f'.{inner}' if inner else ''}"
                    yield f"{at}.labelSelector: {NO_SELECTOR}"
