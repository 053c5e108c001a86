"""What a pod that names its operating system may not ask for: settings that only the other system has."""

from pyk3s.api import fields
from pyk3s.api.validation import checks
from pyk3s.api.validation.checks import Errors, Object

SYSTEMS = ("linux", "windows")
NOT_ON_WINDOWS, NOT_ON_LINUX = "cannot be set for a windows pod", "windows options cannot be set for a linux pod"
LINUX_OF_POD = ("hostPID", "hostIPC", "hostUsers", "shareProcessNamespace")
UNSET: tuple[object, ...] = (None, [])
LINUX_OF_ALL = ("appArmorProfile", "seLinuxOptions", "seccompProfile", "runAsUser", "runAsGroup")
LINUX_OF_POD_CONTEXT = (
    *LINUX_OF_ALL,
    *("fsGroup", "fsGroupChangePolicy", "sysctls", "supplementalGroups", "supplementalGroupsPolicy"),
)
LINUX_OF_CONTAINER = (
    *LINUX_OF_ALL,
    *("capabilities", "readOnlyRootFilesystem", "privileged", "allowPrivilegeEscalation", "procMount"),
)


def operating_system(spec: Object, path: str, errors: Errors) -> None:
    """`os` of a pod's spec, and what does not go with it."""
    if (system := spec.get("os")) is None:
        return
    name = system.get("name")
    if not name:
        errors.append(fields.required(f"{path}.os.name", "cannot be empty"))
    elif checks.one_of(errors, name, f"{path}.os", SYSTEMS):
        (_linux if name == "linux" else _windows)(spec, path, errors)


def _linux(spec: Object, path: str, errors: Errors) -> None:
    for holder, at in _holders(spec, path):
        if (holder.get("securityContext") or {}).get("windowsOptions") is not None:
            errors.append(fields.forbidden(f"{at}.securityContext.windowsOptions", NOT_ON_LINUX))


def _windows(spec: Object, path: str, errors: Errors) -> None:
    shared = {key: value for key, value in spec.items() if value is not False or key == "hostUsers"}
    _forbid(shared, LINUX_OF_POD, path, errors)
    for holder, at in _holders(spec, path):
        keys = LINUX_OF_POD_CONTEXT if holder is spec else LINUX_OF_CONTAINER
        _forbid(holder.get("securityContext") or {}, keys, f"{at}.securityContext", errors)


def _holders(spec: Object, path: str) -> list[tuple[Object, str]]:
    """All that has a security context: the pod itself and each of its containers."""
    kinds = ("containers", "initContainers", "ephemeralContainers")
    containers = [
        (container, f"{path}.{kind}[{index}]") for kind in kinds for index, container in enumerate(spec.get(kind) or ())
    ]
    return [(spec, path), *containers]


def _forbid(holder: Object, keys: tuple[str, ...], path: str, errors: Errors) -> None:
    for key in keys:
        if holder.get(key) not in UNSET:
            errors.append(fields.forbidden(f"{path}.{key}", NOT_ON_WINDOWS))
