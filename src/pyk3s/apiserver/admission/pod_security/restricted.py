"""The checks of the restricted level, over those of the baseline: what a pod must give up by itself."""

from typing import Any

from pyk3s.apiserver.admission.pod_security import baseline
from pyk3s.apiserver.admission.pod_security.finding import Check, Finding, Pod, containers, plural, quoted, setters

JSON = dict[str, Any]
WINDOWS_EXEMPT_SINCE = 25
SECCOMP = (None, "RuntimeDefault", "Localhost")
CAPABILITIES = frozenset(("NET_BIND_SERVICE",))
VOLUMES = frozenset(
    (
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    )
)


def _is_exempt(pod: Pod) -> bool:
    """Whether what only Linux knows is not asked for."""
    return pod.is_windows and pod.minor >= WINDOWS_EXEMPT_SINCE


def escalation(pod: Pod) -> Finding | None:
    bad = [name for name, context in pod.contexts() if context.get("allowPrivilegeEscalation") is not False]
    if not bad or _is_exempt(pod):
        return None
    told = f"{containers(bad)} must set securityContext.allowPrivilegeEscalation=false"
    return Finding("allowPrivilegeEscalation != false", told)


def capabilities(pod: Pod) -> Finding | None:
    if _is_exempt(pod):
        return None
    keeping = [
        name for name, context in pod.contexts() if "ALL" not in ((context.get("capabilities") or {}).get("drop") or ())
    ]
    adding, added = baseline.forbidden_capabilities(pod, CAPABILITIES)
    told = [f'{containers(keeping)} must set securityContext.capabilities.drop=["ALL"]'] if keeping else []
    told += [baseline.not_added(adding, added)] if adding else []
    return Finding("unrestricted capabilities", "; ".join(told)) if told else None


def volumes(pod: Pod) -> Finding | None:
    bad, types = [], set()
    for volume in pod.spec.get("volumes") or ():
        kind = next((key for key in volume if key != "name"), "unknown")
        if kind not in VOLUMES:
            bad.append(volume["name"])
            types.add(kind)
    if not bad:
        return None
    uses = "uses" if len(bad) == 1 else "use"
    which = f"{plural('volume', len(bad))} {quoted(bad)}"
    return Finding(
        "restricted volume types",
        f"{which} {uses} {plural('restricted volume type', len(types))} {quoted(sorted(types))}",
    )


def non_root(pod: Pod) -> Finding | None:
    reason = "runAsNonRoot != true"
    on_pod = pod.security.get("runAsNonRoot")
    stated = [(name, context.get("runAsNonRoot")) for name, context in pod.contexts()]
    refusing = [name for name, value in stated if value is False]
    if on_pod is False or refusing:
        return Finding(reason, f"{setters(on_pod is False, refusing)} must not set securityContext.runAsNonRoot=false")
    silent = [name for name, value in stated if value is None and not on_pod]
    return (
        Finding(reason, f"pod or {containers(silent)} must set securityContext.runAsNonRoot=true") if silent else None
    )


def user(pod: Pod) -> Finding | None:
    on_pod = pod.security.get("runAsUser") == 0
    bad = [name for name, context in pod.contexts() if context.get("runAsUser") == 0]
    return Finding("runAsUser=0", f"{setters(on_pod, bad)} must not set runAsUser=0") if on_pod or bad else None


def seccomp(pod: Pod) -> Finding | None:
    if _is_exempt(pod):
        return None
    on_pod = (pod.security.get("seccompProfile") or {}).get("type")
    stated = [(name, (context.get("seccompProfile") or {}).get("type")) for name, context in pod.contexts()]
    bad = [name for name, kind in stated if kind not in SECCOMP]
    if bad or on_pod not in SECCOMP:
        kinds = sorted({str(kind) for kind in (on_pod, *(kind for _, kind in stated)) if kind not in SECCOMP})
        who = setters(on_pod not in SECCOMP, bad)
        return Finding("seccompProfile", f"{who} must not set securityContext.seccompProfile.type to {quoted(kinds)}")
    silent = [name for name, kind in stated if kind is None and on_pod is None]
    if not silent:
        return None
    told = (
        f'pod or {containers(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    )
    return Finding("seccompProfile", told)


CHECKS = (
    Check("allowPrivilegeEscalation", escalation, since=8),
    Check("capabilities_restricted", capabilities, since=22, replaces="capabilities_baseline"),
    Check("restrictedVolumes", volumes, replaces="hostPathVolumes"),
    Check("runAsNonRoot", non_root),
    Check("runAsUser", user, since=23),
    Check("seccompProfile_restricted", seccomp, since=19, replaces="seccompProfile_baseline"),
)
