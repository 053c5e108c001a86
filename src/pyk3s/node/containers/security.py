"""Security contexts of pods and containers as CRI has them; what this node cannot do is refused in words.

The container's own context wins over the pod's, field by field. Paths masked from unprivileged containers are those
that every runtime masks.
"""

from typing import Any

from pyk3s.node import objects
from pyk3s.node.objects import JSON

POD, CONTAINER, NODE, TARGET = 0, 1, 2, 3  # NamespaceMode
SECCOMP_TYPES = {"RuntimeDefault": 0, "Unconfined": 1, "Localhost": 2}
MASKED_PATHS = (
    "/proc/asound",
    "/proc/acpi",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
    "/sys/devices/virtual/powercap",
)
READ_ONLY_PATHS = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")
SAFE_SYSCTLS = (
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem",
)


class Refused(Exception):
    """The container must not or cannot run like this; the message is what the pod's status shows."""


def pod_context(pod: objects.Pod) -> JSON:
    return pod.spec.get("securityContext") or {}


def effective(pod: objects.Pod, container: JSON, field: str) -> Any:
    """A field of the container's context, or else of the pod's."""
    own = (container.get("securityContext") or {}).get(field)
    return pod_context(pod).get(field) if own is None else own


def namespaces(pod: objects.Pod, *, target_id: str = "") -> JSON:
    """CRI NamespaceOption; `target_id` is the container whose processes an ephemeral container wants to see."""
    spec = pod.spec
    pid = NODE if spec.get("hostPID") else POD if spec.get("shareProcessNamespace") else CONTAINER
    made: JSON = {
        "network": NODE if pod.host_network else POD,
        "ipc": NODE if spec.get("hostIPC") else POD,
        "pid": TARGET if target_id and pid == CONTAINER else pid,
    }
    if made["pid"] == TARGET:
        made["target_id"] = target_id
    return made


def supplemental_groups(pod: objects.Pod, extra: tuple[int, ...] = ()) -> list[int]:
    context = pod_context(pod)
    groups = [int(each) for each in context.get("supplementalGroups") or ()]
    if context.get("fsGroup") is not None:
        groups.append(int(context["fsGroup"]))
    return list(dict.fromkeys([*groups, *extra]))


def of_sandbox(pod: objects.Pod) -> JSON:
    """CRI LinuxSandboxSecurityContext."""
    if pod.spec.get("hostUsers") is False:
        raise Refused("hostUsers: false (user namespaces) is not supported by this node")
    context = pod_context(pod)
    privileged = any((each.get("securityContext") or {}).get("privileged") for each in pod.every_container())
    made: JSON = {
        "namespace_options": namespaces(pod),
        "privileged": bool(privileged),
        "supplemental_groups": supplemental_groups(pod),
        "seccomp": {"profile_type": SECCOMP_TYPES["RuntimeDefault"]},
    }
    if context.get("runAsUser") is not None:
        made["run_as_user"] = {"value": int(context["runAsUser"])}
    if context.get("runAsGroup") is not None and "run_as_user" in made:
        made["run_as_group"] = {"value": int(context["runAsGroup"])}
    return made


def of_container(pod: objects.Pod, container: JSON, *, target_id: str = "", seccomp_root: str = "") -> JSON:
    """CRI LinuxContainerSecurityContext."""
    own = container.get("securityContext") or {}
    privileged = bool(own.get("privileged"))
    made: JSON = {
        "privileged": privileged,
        "namespace_options": namespaces(pod, target_id=target_id),
        "readonly_rootfs": bool(own.get("readOnlyRootFilesystem")),
        "no_new_privs": own.get("allowPrivilegeEscalation") is False,
        "supplemental_groups": supplemental_groups(pod),
        "seccomp": _seccomp(effective(pod, container, "seccompProfile"), privileged, seccomp_root),
    }
    if own.get("procMount") != "Unmasked" and not privileged:
        made |= {"masked_paths": list(MASKED_PATHS), "readonly_paths": list(READ_ONLY_PATHS)}
    if capabilities := own.get("capabilities"):
        made["capabilities"] = {
            "add_capabilities": list(capabilities.get("add") or ()),
            "drop_capabilities": list(capabilities.get("drop") or ()),
        }
    for field, name in (("runAsUser", "run_as_user"), ("runAsGroup", "run_as_group")):
        if (value := effective(pod, container, field)) is not None:
            made[name] = {"value": int(value)}
    if options := effective(pod, container, "seLinuxOptions"):
        made["selinux_options"] = {key: options[key] for key in ("user", "role", "type", "level") if key in options}
    if profile := effective(pod, container, "appArmorProfile"):
        made["apparmor"] = {
            "profile_type": SECCOMP_TYPES[profile["type"]],
            "localhost_ref": profile.get("localhostProfile", ""),
        }
    return made


def _seccomp(profile: JSON | None, privileged: bool, root: str) -> JSON:
    if profile is None or privileged:
        return {"profile_type": SECCOMP_TYPES["Unconfined"]}
    made: JSON = {"profile_type": SECCOMP_TYPES[profile["type"]]}
    if profile["type"] == "Localhost":
        made["localhost_ref"] = f"{root}/{profile.get('localhostProfile', '')}"
    return made


def check_non_root(pod: objects.Pod, container: JSON, image: JSON) -> None:
    """Raise Refused where runAsNonRoot is asked for and the container would run as root, or might."""
    if not effective(pod, container, "runAsNonRoot"):
        return
    name = f"pod: {pod.name}_{pod.namespace}({pod.uid}), container: {container['name']}"
    user = effective(pod, container, "runAsUser")
    if user is not None:
        if int(user) == 0:
            raise Refused(f"container's runAsUser breaks non-root policy ({name})")
        return
    if image.get("username"):
        raise Refused(
            f"container has runAsNonRoot and image has non-numeric user ({image['username']}), "
            f"cannot verify user is non-root ({name})"
        )
    uid = (image.get("uid") or {}).get("value", 0)
    if not int(uid):
        raise Refused(f"container has runAsNonRoot and image will run as root ({name})")


def forbidden_sysctl(pod: objects.Pod, allowed: tuple[str, ...]) -> str:
    """The first sysctl that the pod may not set; empty where all are allowed. A pattern may end in `*`."""
    for each in pod_context(pod).get("sysctls") or ():
        name = each["name"].replace("/", ".")
        listed = any(name == rule or (rule.endswith("*") and name.startswith(rule[:-1])) for rule in allowed)
        if name not in SAFE_SYSCTLS and not listed:
            return str(each["name"])
        if (pod.host_network and name.startswith("net.")) or (pod.spec.get("hostIPC") and name.startswith("kernel.")):
            return str(each["name"])
    return ""


def sysctls(pod: objects.Pod) -> dict[str, str]:
    return {each["name"].replace("/", "."): str(each["value"]) for each in pod_context(pod).get("sysctls") or ()}
