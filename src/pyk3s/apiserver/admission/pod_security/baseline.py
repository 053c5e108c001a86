"""The checks of the baseline level: what would let a pod out of its container."""

from typing import Any

from pyk3s.apiserver.admission.pod_security.finding import Check, Finding, Pod, containers, plural, quoted, setters

JSON = dict[str, Any]
APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"
SECCOMP_POD_ANNOTATION = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_ANNOTATION = "container.seccomp.security.alpha.kubernetes.io/"
SECCOMP_FIELDS_SINCE = 19
CAPABILITIES = frozenset(
    ("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
     "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT")
)  # fmt: skip
SYSCTLS = {
    "kernel.shm_rmid_forced": 0,
    "net.ipv4.ip_local_port_range": 0,
    "net.ipv4.tcp_syncookies": 0,
    "net.ipv4.ping_group_range": 0,
    "net.ipv4.ip_unprivileged_port_start": 0,
    "net.ipv4.ip_local_reserved_ports": 27,
    "net.ipv4.tcp_keepalive_time": 29,
    "net.ipv4.tcp_fin_timeout": 29,
    "net.ipv4.tcp_keepalive_intvl": 29,
    "net.ipv4.tcp_keepalive_probes": 29,
    "net.ipv4.tcp_rmem": 32,
    "net.ipv4.tcp_wmem": 32,
}
"""Sysctls that concern the pod alone, and the minor release that allowed each."""
SELINUX_TYPES = {"": 0, "container_t": 0, "container_init_t": 0, "container_kvm_t": 0, "container_engine_t": 31}


def apparmor(pod: Pod) -> Finding | None:
    allowed = (None, "", "RuntimeDefault", "Localhost")
    on_pod = (pod.security.get("appArmorProfile") or {}).get("type")
    values = {on_pod} - set(allowed)
    bad = []
    for name, context in pod.contexts():
        kind = (context.get("appArmorProfile") or {}).get("type")
        if kind not in allowed:
            bad.append(name)
            values.add(kind)
    annotations = sorted(
        f'{key}="{value}"'
        for key, value in (pod.metadata.get("annotations") or {}).items()
        if key.startswith(APPARMOR_ANNOTATION)
        and value not in ("", "runtime/default")
        and not value.startswith("localhost/")
    )
    listed = [*sorted(map(str, values)), *annotations]
    if not listed:
        return None
    who = [setters(on_pod not in allowed, bad)] if bad or on_pod not in allowed else []
    who += [plural("annotation", len(annotations))] if annotations else []
    reason = plural("forbidden AppArmor profile", len(listed))
    return Finding(reason, f"{' and '.join(who)} must not set AppArmor profile type to {quoted(listed)}")


def capabilities(pod: Pod) -> Finding | None:
    bad, added = forbidden_capabilities(pod, CAPABILITIES)
    if not bad:
        return None
    return Finding("non-default capabilities", not_added(bad, added))


def forbidden_capabilities(pod: Pod, allowed: frozenset[str]) -> tuple[list[str], set[str]]:
    """The containers that add other capabilities, and those capabilities."""
    bad, added = [], set()
    for name, context in pod.contexts():
        others = set((context.get("capabilities") or {}).get("add") or ()) - allowed
        if others:
            bad.append(name)
            added |= others
    return bad, added


def not_added(bad: list[str], added: set[str]) -> str:
    return f"{containers(bad)} must not include {quoted(sorted(added))} in securityContext.capabilities.add"


def host_namespaces(pod: Pod) -> Finding | None:
    shared = [f"{key}=true" for key in ("hostNetwork", "hostPID", "hostIPC") if pod.spec.get(key)]
    return Finding("host namespaces", ", ".join(shared)) if shared else None


def host_paths(pod: Pod) -> Finding | None:
    bad = [each["name"] for each in pod.spec.get("volumes") or () if each.get("hostPath") is not None]
    return Finding("hostPath volumes", f"{plural('volume', len(bad))} {quoted(bad)}") if bad else None


def host_ports(pod: Pod) -> Finding | None:
    bad, ports = [], set()
    for container in pod.containers():
        own = {str(port["hostPort"]) for port in container.get("ports") or () if port.get("hostPort")}
        if own:
            bad.append(container["name"])
            ports |= own
    if not bad:
        return None
    uses = "uses" if len(bad) == 1 else "use"
    return Finding("hostPort", f"{containers(bad)} {uses} {plural('hostPort', len(ports))} {', '.join(sorted(ports))}")


def host_probes(pod: Pod) -> Finding | None:
    hosts = {container["name"]: set(_probed_hosts(container)) for container in pod.containers()}
    bad = sorted(name for name, found in hosts.items() if found)
    if not bad:
        return None
    found = sorted(set().union(*hosts.values()))
    what = plural("probe or lifecycle host", len(found))
    uses = "uses" if len(bad) == 1 else "use"
    return Finding("probe or lifecycle host", f"{containers(bad)} {uses} {what} {quoted(found)}")


def _probed_hosts(container: JSON) -> list[str]:
    lifecycle = container.get("lifecycle") or {}
    handlers = [container.get(key) for key in ("livenessProbe", "readinessProbe", "startupProbe")]
    handlers += [lifecycle.get("postStart"), lifecycle.get("preStop")]
    return [
        host
        for handler in handlers
        for kind in ("httpGet", "tcpSocket")
        if (host := ((handler or {}).get(kind) or {}).get("host"))
    ]


def privileged(pod: Pod) -> Finding | None:
    bad = [name for name, context in pod.contexts() if context.get("privileged")]
    return Finding("privileged", f"{containers(bad)} must not set securityContext.privileged=true") if bad else None


def proc_mount(pod: Pod) -> Finding | None:
    mounts = {name: context.get("procMount") for name, context in pod.contexts()}
    bad = {name: kind for name, kind in mounts.items() if kind not in (None, "Default")}
    if not bad:
        return None
    kinds = quoted(sorted({str(kind) for kind in bad.values()}))
    return Finding("procMount", f"{containers(list(bad))} must not set securityContext.procMount to {kinds}")


def selinux(pod: Pod) -> Finding | None:
    types: set[str] = set()
    refused: set[str] = set()

    def is_bad(context: JSON) -> bool:
        options = context.get("seLinuxOptions") or {}
        kind = options.get("type") or ""
        wrong = {key for key in ("user", "role") if options.get(key)}
        if pod.minor < SELINUX_TYPES.get(kind, pod.minor + 1):
            types.add(kind)
            wrong.add("type")
        refused.update(wrong)
        return bool(wrong)

    on_pod = is_bad(pod.security)
    bad = [name for name, context in pod.contexts() if is_bad(context)]
    if not on_pod and not bad:
        return None
    told = [f"{plural('type', len(types))} {quoted(sorted(types))}"] if types else []
    told += [f"{key} may not be set" for key in ("user", "role") if key in refused]
    who = setters(on_pod, bad)
    return Finding("seLinuxOptions", f"{who} set forbidden securityContext.seLinuxOptions: {'; '.join(told)}")


def seccomp(pod: Pod) -> Finding | None:
    if pod.minor < SECCOMP_FIELDS_SINCE:
        return _seccomp_annotations(pod)
    kinds = {name: (context.get("seccompProfile") or {}).get("type") for name, context in pod.contexts()}
    bad = [name for name, kind in kinds.items() if kind == "Unconfined"]
    on_pod = (pod.security.get("seccompProfile") or {}).get("type") == "Unconfined"
    if not on_pod and not bad:
        return None
    who = setters(on_pod, bad)
    return Finding("seccompProfile", f'{who} must not set securityContext.seccompProfile.type to "Unconfined"')


def _seccomp_annotations(pod: Pod) -> Finding | None:
    """Before there were fields."""
    annotations = pod.metadata.get("annotations") or {}
    keys = [SECCOMP_POD_ANNOTATION, *(f"{SECCOMP_ANNOTATION}{name}" for name, _ in pod.contexts())]
    allowed = ("runtime/default", "docker/default")
    bad = [
        f'{key}="{annotations[key]}"'
        for key in keys
        if key in annotations and annotations[key] not in allowed and not annotations[key].startswith("localhost/")
    ]
    return Finding("seccompProfile", f"forbidden {plural('annotation', len(bad))} {', '.join(bad)}") if bad else None


def sysctls(pod: Pod) -> Finding | None:
    bad = [
        each["name"]
        for each in pod.security.get("sysctls") or ()
        if pod.minor < SYSCTLS.get(each["name"], pod.minor + 1)
    ]
    return Finding("forbidden sysctls", ", ".join(bad)) if bad else None


def host_process(pod: Pod) -> Finding | None:
    def is_bad(context: JSON) -> bool:
        return bool((context.get("windowsOptions") or {}).get("hostProcess"))

    bad = [name for name, context in pod.contexts() if is_bad(context)]
    on_pod = is_bad(pod.security)
    if not on_pod and not bad:
        return None
    told = f"{setters(on_pod, bad)} must not set securityContext.windowsOptions.hostProcess=true"
    return Finding("hostProcess", told)


CHECKS = (
    Check("appArmorProfile", apparmor),
    Check("capabilities_baseline", capabilities),
    Check("hostNamespaces", host_namespaces),
    Check("hostPathVolumes", host_paths),
    Check("hostPorts", host_ports),
    Check("hostProbesAndHostLifecycle", host_probes, since=34),
    Check("privileged", privileged),
    Check("procMount", proc_mount),
    Check("seLinuxOptions", selinux),
    Check("seccompProfile_baseline", seccomp),
    Check("sysctls", sysctls),
    Check("windowsHostProcess", host_process),
)
