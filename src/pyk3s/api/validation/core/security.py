"""Rules of security contexts of pods and containers: identities, profiles, system controls."""

import re

from pyk3s.api import fields
from pyk3s.api.validation import checks, internals
from pyk3s.api.validation.checks import Errors, Object

PROFILE_TYPES = ("Localhost", "RuntimeDefault", "Unconfined")
PROC_MOUNTS = ("Default", "Unmasked")
SYSCTL_PATTERN = r"^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"
SYSCTL_LENGTH = 253
_is_sysctl = re.compile(SYSCTL_PATTERN.strip("^$")).fullmatch


def _identity(errors: Errors, value: int | None, path: str) -> None:
    checks.in_range(errors, value, path, 0, checks.MOST_INT32)


def _profile(profile: Object, kind: str, missing: str, path: str, errors: Errors) -> None:
    """A seccomp or AppArmor profile."""
    type_, local = profile.get("type", ""), profile.get("localhostProfile")
    if not type_:
        errors.append(fields.required(f"{path}.type", missing))
    else:
        checks.one_of(errors, type_, f"{path}.type", PROFILE_TYPES)
    at = f"{path}.localhostProfile"
    if type_ != "Localhost":
        if local is not None:
            shown = internals.view(profile, internals.PROFILE) if kind == "seccomp" else local
            errors.append(fields.invalid(at, shown, f"can only be set when {kind} type is Localhost"))
    elif not local:
        errors.append(fields.required(at, f"must be set when {kind} type is Localhost"))
    elif kind == "seccomp":
        checks.local_path(errors, local, at)
    elif local != local.strip():
        errors.append(fields.invalid(at, local, "must not be padded with whitespace"))
    elif len(local.encode()) > 4095:
        errors.append(fields.too_long(at, 4095))


def _profiles(context: Object, path: str, errors: Errors) -> None:
    if (profile := context.get("seccompProfile")) is not None:
        _profile(profile, "seccomp", "type is required when seccompProfile is set", f"{path}.seccompProfile", errors)
    if (profile := context.get("appArmorProfile")) is not None:
        _profile(profile, "AppArmor", "type is required when appArmorProfile is set", f"{path}.appArmorProfile", errors)


def pod(context: Object, spec: Object, path: str, errors: Errors) -> None:
    """`spec.securityContext`; the fields about the host's namespaces lie beside it in `spec`."""
    for index, group in enumerate(context.get("supplementalGroups") or ()):
        _identity(errors, group, f"{path}.supplementalGroups[{index}]")
    for key in ("fsGroup", "runAsUser", "runAsGroup"):
        _identity(errors, context.get(key), f"{path}.{key}")
    if sysctls := context.get("sysctls"):
        _sysctls(sysctls, spec, f"{path}.sysctls", errors)
    _choice(context, "fsGroupChangePolicy", ("Always", "OnRootMismatch"), path, errors)
    _choice(context, "supplementalGroupsPolicy", ("Merge", "Strict"), path, errors)
    _choice(context, "seLinuxChangePolicy", ("MountOption", "Recursive"), path, errors)
    _profiles(context, path, errors)


def host_namespaces(spec: Object, path: str, errors: Errors) -> None:
    """What a pod may not combine when it shares the namespaces of its host."""
    at = f"{path}.securityContext"
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        detail = "ShareProcessNamespace and HostPID cannot both be enabled"
        errors.append(fields.invalid(f"{at}.shareProcessNamespace", True, detail))
    if spec.get("hostNetwork"):
        for kind in ("containers", "initContainers"):
            for index, container in enumerate(spec.get(kind) or ()):
                _same_host_ports(container, f"{path}.{kind}[{index}]", errors)
    if spec.get("hostUsers") is False:
        for key in ("hostNetwork", "hostPID", "hostIPC"):
            if spec.get(key):
                errors.append(fields.forbidden(f"{path}.{key}", f"when `hostUsers` is false, `{key}` must not be set"))


def _same_host_ports(container: Object, path: str, errors: Errors) -> None:
    for index, port in enumerate(container.get("ports") or ()):
        if port.get("hostPort") and port["hostPort"] != port.get("containerPort"):
            detail = "must match `hostPort` when `hostNetwork` is true"
            errors.append(fields.invalid(f"{path}.ports[{index}].containerPort", port.get("containerPort", 0), detail))


def _choice(holder: Object, key: str, choices: tuple[str, ...], path: str, errors: Errors) -> None:
    if (value := holder.get(key)) is not None:
        checks.one_of(errors, value, f"{path}.{key}", choices)


def _sysctls(sysctls: list[Object], spec: Object, path: str, errors: Errors) -> None:
    seen: set[str] = set()
    for index, sysctl in enumerate(sysctls):
        name, at = sysctl.get("name", ""), f"{path}[{index}].name"
        plain = name.replace("/", ".")
        if not name:
            errors.append(fields.required(at))
        elif len(name) > SYSCTL_LENGTH or not _is_sysctl(name):
            detail = f"must have at most {SYSCTL_LENGTH} characters and match regex {SYSCTL_PATTERN}"
            errors.append(fields.invalid(at, name, detail))
        elif plain in seen:
            errors.append(fields.duplicate(at, name))
        seen.add(plain)
        if spec.get("hostNetwork") and plain.startswith("net."):
            errors.append(fields.invalid(at, name, "may not be specified when 'hostNetwork' is true"))
        if spec.get("hostIPC") and plain.startswith(("kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue.")):
            errors.append(fields.invalid(at, name, "may not be specified when 'hostIPC' is true"))


def container(context: Object, path: str, errors: Errors, *, host_users: bool = True) -> None:
    """`securityContext` of one container."""
    for key in ("runAsUser", "runAsGroup"):
        _identity(errors, context.get(key), f"{path}.{key}")
    _choice(context, "procMount", PROC_MOUNTS, path, errors)
    if host_users and context.get("procMount") == "Unmasked":
        detail = "`hostUsers` must be false to use `Unmasked`"
        errors.append(fields.invalid(f"{path}.procMount", "Unmasked", detail))
    _profiles(context, path, errors)
    if context.get("allowPrivilegeEscalation") is not False:
        return
    refused = "cannot set `allowPrivilegeEscalation` to false and"
    shown = internals.view(context, internals.SECURITY_CONTEXT)
    if context.get("privileged"):
        errors.append(fields.invalid(path, shown, f"{refused} `privileged` to true"))
    if "CAP_SYS_ADMIN" in ((context.get("capabilities") or {}).get("add") or ()):
        errors.append(fields.invalid(path, shown, f"{refused} `capabilities.Add` CAP_SYS_ADMIN"))
