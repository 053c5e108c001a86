"""The plug-in's configuration (pod-security.admission.config.k8s.io/v1): what holds where labels say nothing, and who
is exempt. K3s' hardening guide configures it as `psa.yaml`.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pyk3s.apiserver.admission import chain
from pyk3s.apiserver.admission.pod_security import levels

API_VERSIONS = tuple(f"pod-security.admission.config.k8s.io/{version}" for version in ("v1", "v1beta1", "v1alpha1"))
KIND = "PodSecurityConfiguration"
MODES = ("enforce", "audit", "warn")
_DEFAULTS = frozenset((*MODES, *(f"{mode}-version" for mode in MODES)))
_EXEMPTIONS = ("usernames", "runtimeClasses", "namespaces")


class Configuration(NamedTuple):
    """The policy of namespaces without labels, and what is not looked at."""

    default: levels.Policy = levels.NOTHING
    usernames: frozenset[str] = frozenset()
    runtime_classes: frozenset[str] = frozenset()
    namespaces: frozenset[str] = frozenset()

    def exempts(self, attributes: chain.Attributes, pod: Mapping[str, Any]) -> str:
        """Why a request is not looked at, in the words of the audit log; nothing if it is."""
        if attributes.namespace in self.namespaces:
            return "namespace"
        if attributes.user.name in self.usernames:
            return "user"
        if self.runtime_classes and (pod.get("spec") or {}).get("runtimeClassName") in self.runtime_classes:
            return "runtimeClass"
        return ""


NOTHING = Configuration()


def configuration(document: Any) -> Configuration:
    """The configuration in a decoded document; raises ValueError that names what is wrong."""
    found = _mapping("", document, ("apiVersion", "kind", "defaults", "exemptions"))
    if found.get("apiVersion") not in API_VERSIONS or found.get("kind") != KIND:
        raise ValueError(f"apiVersion and kind must be {API_VERSIONS[0]} and {KIND}")
    defaults = _mapping("defaults", found.get("defaults") or {}, _DEFAULTS)
    exemptions = _mapping("exemptions", found.get("exemptions") or {}, _EXEMPTIONS)
    enforce, audit, warn = (_standard(mode, defaults) for mode in MODES)
    exempt = (_names(f"exemptions.{name}", exemptions.get(name) or []) for name in _EXEMPTIONS)
    return Configuration(levels.Policy(enforce, warn, audit), *exempt)


def _standard(mode: str, defaults: Mapping[str, Any]) -> levels.Standard:
    level = defaults.get(mode) or levels.PRIVILEGED
    version = defaults.get(f"{mode}-version") or "latest"
    if level not in levels.LEVELS:
        raise ValueError(f"defaults.{mode}: {level!r} {levels.BAD_LEVEL}")
    minor = levels.minor_of(str(version))
    if minor is None:
        raise ValueError(f"defaults.{mode}-version: {version!r} {levels.BAD_VERSION}")
    return levels.Standard(level, minor)


def _names(place: str, listed: Any) -> frozenset[str]:
    if not isinstance(listed, list) or not all(isinstance(each, str) and each for each in listed):
        raise ValueError(f"{place}: a list of names is wanted")
    return frozenset(listed)


def _mapping(place: str, document: Any, known: Any) -> Mapping[str, Any]:
    if not isinstance(document, dict):
        raise ValueError(f"{place or 'the configuration'}: a mapping is wanted")
    if strange := [str(key) for key in document if key not in known]:
        raise ValueError(f"{place}: unknown field {strange[0]!r}; known are {', '.join(sorted(known))}")
    return document
