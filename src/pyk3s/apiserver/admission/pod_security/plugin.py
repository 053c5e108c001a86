"""The plug-in: refuses pods that break what their namespace enforces, warns of what it warns about.

Objects with a pod template are only warned about, so that a controller's pods are what is refused. A namespace that is
made stricter is told which of its pods would not be let in now.
"""

from collections.abc import Iterable
from typing import Any

from pyk3s.api import catalog, status
from pyk3s.apiserver.admission import chain, lookup, pods
from pyk3s.apiserver.admission.pod_security import baseline, configuration, levels, restricted
from pyk3s.apiserver.admission.pod_security.finding import Check, Finding, Pod
from pyk3s.apiserver.registry import registry as registries

JSON = dict[str, Any]
TEMPLATES = {
    ("", "podtemplates"): ("template",),
    ("", "replicationcontrollers"): ("spec", "template"),
    ("apps", "replicasets"): ("spec", "template"),
    ("apps", "deployments"): ("spec", "template"),
    ("apps", "statefulsets"): ("spec", "template"),
    ("apps", "daemonsets"): ("spec", "template"),
    ("batch", "jobs"): ("spec", "template"),
    ("batch", "cronjobs"): ("spec", "jobTemplate", "spec", "template"),
}
IGNORED_SUBRESOURCES = ("exec", "attach", "binding", "eviction", "log", "portforward", "proxy", "status")
PROFILES = (baseline.APPARMOR_ANNOTATION, baseline.SECCOMP_POD_ANNOTATION, baseline.SECCOMP_ANNOTATION)
MOST_PODS = 3000  # of a namespace that is made stricter; upstream's bound


def findings(standard: levels.Standard, metadata: JSON, spec: JSON) -> list[Finding]:
    """Why a pod breaks a standard, in the order in which it is told."""
    if standard.level == levels.PRIVILEGED:
        return []
    stricter = [each for each in restricted.CHECKS if each.since <= standard.minor]
    if standard.level != levels.RESTRICTED:
        stricter = []
    replaced = {each.replaces for each in stricter}
    general: list[Check] = [
        each for each in baseline.CHECKS if each.since <= standard.minor and each.name not in replaced
    ]
    pod = Pod(metadata, spec, standard.minor)
    return [found for check in (*general, *stricter) if (found := check.find(pod)) is not None]


class PodSecurity(chain.Base):
    """Concerns pods, what makes pods, and namespaces."""

    name = "PodSecurity"

    def __init__(self, registry: registries.Registry, configured: configuration.Configuration = configuration.NOTHING):
        self._registry, self._configured = registry, configured
        self._policies = lookup.Lookup(registry, "", "namespaces", self._policy_of)

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        if operation not in (chain.CREATE, chain.UPDATE):
            return False
        if not resource.group and resource.plural == "pods":
            return subresource not in IGNORED_SUBRESOURCES
        kind = (resource.group, resource.plural)
        return not subresource and (kind in TEMPLATES or kind == ("", "namespaces"))

    def validate(self, attributes: chain.Attributes) -> None:
        plural = attributes.resource.plural
        if plural == "namespaces":
            self._check_namespace(attributes)
            return
        policy = self._policies.get(attributes.namespace)
        if policy is None or policy.is_privileged:
            return
        pod = attributes.object if plural == "pods" else _template(attributes)
        if pod is None:
            return
        if exempt := self._configured.exempts(attributes, pod):
            attributes.annotate(f"{levels.PREFIX}exempt", exempt)
        elif plural == "pods":
            _check_pod(attributes, policy)
        else:
            _tell(attributes, policy, pod)

    def _policy_of(self, namespace: JSON) -> levels.Policy:
        return levels.policy(namespace["metadata"].get("labels") or {}, self._configured.default)

    def _check_namespace(self, attributes: chain.Attributes) -> None:
        new = self._policy_of(attributes.object)
        old = self._policy_of(attributes.old or {"metadata": {}})
        if new.errors and new.errors != old.errors:
            raise status.invalid("", "Namespace", attributes.name, new.errors)
        enforce, before = new.enforce, old.enforce
        if attributes.operation == chain.CREATE or enforce in (before, levels.Standard()):
            return
        if attributes.name in self._configured.namespaces:
            return
        if enforce.level != levels.PRIVILEGED and (enforce.minor != before.minor or enforce.is_stricter(before)):
            attributes.warnings += self._violations(attributes.name, enforce)

    def _violations(self, namespace: str, standard: levels.Standard) -> Iterable[str]:
        """Which of a namespace's pods break its new standard, those alike together."""
        store = self._registry.find("", "pods")
        alike: dict[str, list[str]] = {}
        for entry in store.collection.scan(namespace)[:MOST_PODS]:
            pod = store.decode(entry)
            if found := findings(standard, pod["metadata"], pod["spec"]):
                alike.setdefault(", ".join(each.reason for each in found), []).append(pod["metadata"]["name"])
        if not alike:
            return []
        head = f'existing pods in namespace "{namespace}" violate the new PodSecurity enforce level "{standard}"'
        return [head, *sorted(f"{_together(names)}: {why}" for why, names in alike.items())]


def _together(names: list[str]) -> str:
    others = len(names) - 1
    return f"{names[0]} (and {others} other pod{'s' if others > 1 else ''})" if others else names[0]


def _check_pod(attributes: chain.Attributes, policy: levels.Policy) -> None:
    pod = attributes.object
    if attributes.operation == chain.UPDATE and not _is_significant(pod, attributes.old or {}):
        return
    attributes.annotate(f"{levels.PREFIX}enforce-policy", str(policy.enforce))
    if found := findings(policy.enforce, pod["metadata"], pod["spec"]):
        told = ", ".join(str(each) for each in found)
        raise pods.refuse(attributes, f'violates PodSecurity "{policy.enforce}": {told}')
    _tell(attributes, policy, pod)


def _tell(attributes: chain.Attributes, policy: levels.Policy, pod: JSON) -> None:
    """Warn whoever asks, and whoever reads the audit log."""
    if warning := _would_violate(policy.warn, pod):
        attributes.warnings.append(warning)
    if attributes.annotations is not None and (noted := _would_violate(policy.audit, pod)):
        attributes.annotate(f"{levels.PREFIX}audit-violations", noted)


def _would_violate(standard: levels.Standard, pod: JSON) -> str:
    found = findings(standard, pod.get("metadata") or {}, pod.get("spec") or {})
    return f'would violate PodSecurity "{standard}": {", ".join(str(each) for each in found)}' if found else ""


def _is_significant(new: JSON, old: JSON) -> bool:
    """Whether an update of a pod makes it be looked at again: other containers, images, or annotations of profiles."""
    return _profile(new) != _profile(old)


def _profile(pod: JSON) -> tuple[list[tuple[str, str]], JSON]:
    images = [(each["name"], each.get("image", "")) for each in Pod({}, pod["spec"], 0).containers()]
    annotations = pod["metadata"].get("annotations") or {}
    return images, {key: value for key, value in annotations.items() if key.startswith(PROFILES)}


def _template(attributes: chain.Attributes) -> JSON | None:
    found: Any = attributes.object
    for step in TEMPLATES[(attributes.resource.group, attributes.resource.plural)]:
        found = (found or {}).get(step)
    return found if found and found.get("spec") is not None else None
