"""Which kinds there are warnings about, and those of the kinds that need few words."""

import base64
import binascii
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from pyk3s.api import quantity
from pyk3s.api.advice import pods, services

JSON = dict[str, Any]
Advise = Callable[[JSON], list[str]]
TOKENS_IN_SECRETS = (
    "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible "
    "logging of tokens in volume attributes"
)
INGRESS_CLASS = "kubernetes.io/ingress.class"
MOUNTABLE = "kubernetes.io/enforce-mountable-secrets"
_pem = re.compile(rb"-----BEGIN ([^-\n]+)-----\s.*?-----END \1-----", re.DOTALL).findall


def _templated(obj: JSON, *, path: tuple[str, ...] = ("spec", "template")) -> list[str]:
    found: Any = obj
    for step in path:
        found = (found or {}).get(step)
    return pods.template(found, f"{'.'.join(path)}.") if found else []


def _secret(obj: JSON) -> list[str]:
    """The frame of certificate and key; whether they fit together is not looked at."""
    data = obj.get("data") or {}
    if obj.get("type") != "kubernetes.io/tls":
        return []
    for name, what, suffix in (("tls.crt", "certificate", b"CERTIFICATE"), ("tls.key", "key", b"PRIVATE KEY")):
        try:
            kinds = _pem(base64.b64decode(data.get(name) or ""))
        except binascii.Error:
            kinds = []
        if not kinds:
            return [f"tls: failed to find any PEM data in {what} input"]
        if not any(kind == suffix or (what == "key" and kind.endswith(suffix)) for kind in kinds):
            return [_without_block(what, [kind.decode(errors="replace") for kind in kinds])]
    return []


def _without_block(what: str, kinds: list[str]) -> str:
    wanted = '"CERTIFICATE" PEM block' if what == "certificate" else 'PEM block with type ending in "PRIVATE KEY"'
    skipped = f"after skipping PEM blocks of the following types: [{' '.join(kinds)}]"
    return f"tls: failed to find {wanted} in {what} input {skipped}"


def _csi_driver(obj: JSON) -> list[str]:
    spec = obj.get("spec") or {}
    unset = spec.get("tokenRequests") and spec.get("serviceAccountTokenInSecrets") is None
    return [TOKENS_IN_SECRETS] if unset else []


def _ingress(obj: JSON) -> list[str]:
    annotated = INGRESS_CLASS in (obj["metadata"].get("annotations") or {})
    return [f"annotation \"{INGRESS_CLASS}\" is deprecated, please use 'spec.ingressClassName' instead"] * annotated


def _volume(obj: JSON) -> list[str]:
    spec = obj["spec"]
    told: list[str] = []
    terms = ((spec.get("nodeAffinity") or {}).get("required") or {}).get("nodeSelectorTerms") or ()
    for index, term in enumerate(terms):
        told += pods.node_term(term, f"spec.nodeAffinity.required.nodeSelectorTerms[{index}]")
    if spec.get("persistentVolumeReclaimPolicy") == "Recycle":
        told.append(
            "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended "
            "approach is to use dynamic provisioning."
        )
    return told + _fraction((spec.get("capacity") or {}).get("storage"), "spec.capacity[storage]")


def _claim(obj: JSON) -> list[str]:
    resources = obj["spec"].get("resources") or {}
    told: list[str] = []
    for side in ("requests", "limits"):
        told += _fraction((resources.get(side) or {}).get("storage"), f"spec.resources.{side}[storage]")
    return told


def _fraction(amount: Any, path: str) -> list[str]:
    if amount is None or quantity.of(amount).whole:
        return []
    return [f'{path}: fractional byte value "{amount}" is invalid, must be an integer']


def _node(obj: JSON) -> list[str]:
    spec = obj.get("spec") or {}
    told = ["spec.configSource: the feature is no longer supported"] * (spec.get("configSource") is not None)
    return told + ["spec.externalID: this field is deprecated, and is unused by Kubernetes"] * bool(
        spec.get("externalID")
    )


def _runtime_class(obj: JSON) -> list[str]:
    selector = (obj.get("scheduling") or {}).get("nodeSelector") or {}
    return [f"scheduling.nodeSelector: {told}" for key in selector if (told := pods.old_label(key))]


def _service_account(obj: JSON) -> list[str]:
    told = "deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets"
    annotated = MOUNTABLE in (obj["metadata"].get("annotations") or {})
    return [f"metadata.annotations[{MOUNTABLE}]: {told}"] * annotated


KINDS: dict[tuple[str, str], Advise] = {
    ("", "pods"): pods.pod,
    ("", "podtemplates"): partial(_templated, path=("template",)),
    ("", "replicationcontrollers"): _templated,
    ("apps", "deployments"): _templated,
    ("apps", "replicasets"): _templated,
    ("apps", "statefulsets"): _templated,
    ("apps", "daemonsets"): _templated,
    ("batch", "jobs"): _templated,
    ("batch", "cronjobs"): partial(_templated, path=("spec", "jobTemplate", "spec", "template")),
    ("", "services"): services.service,
    ("", "secrets"): _secret,
    ("", "nodes"): _node,
    ("", "serviceaccounts"): _service_account,
    ("", "persistentvolumes"): _volume,
    ("", "persistentvolumeclaims"): _claim,
    ("networking.k8s.io", "ingresses"): _ingress,
    ("node.k8s.io", "runtimeclasses"): _runtime_class,
    ("storage.k8s.io", "csidrivers"): _csi_driver,
}
