"""Defaults of pod specs, wherever they occur: in pods, templates and their controllers.

This is the hot path of creating pods: plain dictionaries, no tables.
"""

import re
from functools import lru_cache
from typing import Any

JSON = dict[str, Any]

FILE_MODE = 0o644
TOKEN_SECONDS = 3600
CERTIFICATE_SECONDS = 86400

# A reference of the form [host[:port]/]path[:tag][@digest]; what does not match has no tag that matters.
_reference = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.:/-]*?)(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>[A-Za-z][\w+.-]*:[0-9a-fA-F]{32,}))?"
).fullmatch


def template(pod_template: JSON) -> None:
    """A PodTemplateSpec."""
    spec(pod_template["spec"])


def spec(pod: JSON) -> None:
    """A PodSpec, in place."""
    pod.setdefault("restartPolicy", "Always")
    pod.setdefault("terminationGracePeriodSeconds", 30)
    pod.setdefault("dnsPolicy", "ClusterFirst")
    pod.setdefault("securityContext", {})
    pod.setdefault("schedulerName", "default-scheduler")
    for each in pod["containers"] or ():
        container(each)
    for each in pod.get("initContainers", ()):
        container(each)
    for each in pod.get("ephemeralContainers", ()):
        container(each)
    for each in pod.get("volumes", ()):
        volume(each)


def container(each: JSON) -> None:
    """A container of any sort."""
    if "imagePullPolicy" not in each:
        each["imagePullPolicy"] = pull_policy(each.get("image", ""))
    each.setdefault("terminationMessagePath", "/dev/termination-log")
    each.setdefault("terminationMessagePolicy", "File")
    for port in each.get("ports", ()):
        port.setdefault("protocol", "TCP")
    for variable in each.get("env", ()):
        if "valueFrom" in variable:
            _variable_source(variable["valueFrom"])
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if name in each:
            _probe(each[name])
    for handler in each.get("lifecycle", {}).values():
        if isinstance(handler, dict) and "httpGet" in handler:
            _http_get(handler["httpGet"])


@lru_cache(1024)
def pull_policy(image: str) -> str:
    """Always for the tag `latest`, stated or implied; IfNotPresent for everything else, a bare digest included."""
    found = _reference(image)
    if found is None:
        return "IfNotPresent"
    tag, digest = found["tag"], found["digest"]
    return "Always" if tag == "latest" or (tag is None and digest is None) else "IfNotPresent"


def _variable_source(source: JSON) -> None:
    if "fieldRef" in source:
        source["fieldRef"].setdefault("apiVersion", "v1")
    elif "fileKeyRef" in source:
        source["fileKeyRef"].setdefault("optional", False)


def _probe(probe: JSON) -> None:
    probe.setdefault("timeoutSeconds", 1)
    probe.setdefault("periodSeconds", 10)
    probe.setdefault("successThreshold", 1)
    probe.setdefault("failureThreshold", 3)
    if "httpGet" in probe:
        _http_get(probe["httpGet"])
    if "grpc" in probe:
        probe["grpc"].setdefault("service", "")


def _http_get(action: JSON) -> None:
    action.setdefault("path", "/")
    action.setdefault("scheme", "HTTP")


def volume(each: JSON) -> None:
    """A volume of a pod; one without any source is an emptyDir."""
    if (len(each) == 1 and "name" in each) or not each:
        each["emptyDir"] = {}
        return
    for name, fill in _VOLUME_SOURCES.items():
        if name in each:
            fill(each[name])


def persistent_source(source: JSON) -> None:
    """The sources that volumes of pods and persistent volumes share."""
    for name, fill in _SHARED_SOURCES.items():
        if name in source:
            fill(source[name])


def claim_spec(claim: JSON) -> None:
    """The spec of a PersistentVolumeClaim."""
    claim.setdefault("volumeMode", "Filesystem")


def _file_mode(source: JSON) -> None:
    source.setdefault("defaultMode", FILE_MODE)


def _downward(source: JSON) -> None:
    source.setdefault("defaultMode", FILE_MODE)
    _downward_items(source)


def _downward_items(source: JSON) -> None:
    for item in source.get("items", ()):
        if "fieldRef" in item:
            item["fieldRef"].setdefault("apiVersion", "v1")


def _projected(source: JSON) -> None:
    source.setdefault("defaultMode", FILE_MODE)
    for each in source.get("sources", ()):
        if "serviceAccountToken" in each:
            each["serviceAccountToken"].setdefault("expirationSeconds", TOKEN_SECONDS)
        if "podCertificate" in each:
            each["podCertificate"].setdefault("maxExpirationSeconds", CERTIFICATE_SECONDS)
        if "downwardAPI" in each:
            _downward_items(each["downwardAPI"])


def _host_path(source: JSON) -> None:
    source.setdefault("type", "")


def _iscsi(source: JSON) -> None:
    source.setdefault("iscsiInterface", "default")


def _rbd(source: JSON) -> None:
    source.setdefault("pool", "rbd")
    source.setdefault("user", "admin")
    source.setdefault("keyring", "/etc/ceph/keyring")


def _azure_disk(source: JSON) -> None:
    source.setdefault("cachingMode", "ReadWrite")
    source.setdefault("kind", "Shared")
    source.setdefault("fsType", "ext4")
    source.setdefault("readOnly", False)


def _scale_io(source: JSON) -> None:
    source.setdefault("storageMode", "ThinProvisioned")
    source.setdefault("fsType", "xfs")


def _ephemeral(source: JSON) -> None:
    if "volumeClaimTemplate" in source:
        claim_spec(source["volumeClaimTemplate"]["spec"])


def _image(source: JSON) -> None:
    if "pullPolicy" not in source:
        source["pullPolicy"] = pull_policy(source.get("reference", ""))


_SHARED_SOURCES = {
    "azureDisk": _azure_disk,
    "hostPath": _host_path,
    "iscsi": _iscsi,
    "rbd": _rbd,
    "scaleIO": _scale_io,
}
_VOLUME_SOURCES = {
    "configMap": _file_mode,
    "downwardAPI": _downward,
    "ephemeral": _ephemeral,
    "image": _image,
    "projected": _projected,
    "secret": _file_mode,
    **_SHARED_SOURCES,
}
