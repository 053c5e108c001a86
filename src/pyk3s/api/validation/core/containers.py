"""Rules of the containers of a pod: main, init and ephemeral ones."""

from collections.abc import Sequence
from typing import NamedTuple

from pyk3s.api import fields, names
from pyk3s.api.validation import checks
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.core import environment, probes, resources, security

PULL_POLICIES = ("Always", "IfNotPresent", "Never")
PROTOCOLS = ("SCTP", "TCP", "UDP")
MESSAGE_POLICIES = ("FallbackToLogsOnError", "File")
PROPAGATIONS = ("Bidirectional", "HostToContainer", "None")
RECURSIVE_READ_ONLY = ("Disabled", "Enabled", "IfPossible")
RESIZE_POLICIES = ("NotRequired", "RestartContainer")
RESTART_POLICIES = ("Always", "Never", "OnFailure")
RULE_OPERATORS = ("In", "NotIn")
NOT_IN_EPHEMERAL = (
    "ports",
    "lifecycle",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "resources",
    "resizePolicy",
)


class Surroundings(NamedTuple):
    """What containers refer to in their pod: volumes by name, resource claims, time to stop in seconds, whose users."""

    volumes: dict[str, Object]
    claims: frozenset[str]
    grace_s: int | None
    host_users: bool = True


def main(values: list[Object] | None, around: Surroundings, path: str, errors: Errors) -> None:
    """`spec.containers`."""
    if not values:
        errors.append(fields.required(path))
        return
    seen: set[str] = set()
    for index, container in enumerate(values):
        at = f"{path}[{index}]"
        _shared(container, around, at, errors)
        _unique_name(container, seen, at, errors)
        if (policy := container.get("restartPolicy")) is not None:
            checks.one_of(errors, policy, f"{at}.restartPolicy", RESTART_POLICIES)
        _restart_rules(container, at, errors)
        _running(container, around, at, errors)
    host_ports(values, path, errors, set())


def init(values: list[Object], main_containers: list[Object], around: Surroundings, path: str, errors: Errors) -> None:
    """`spec.initContainers`; those that restart Always are sidecars and may have probes and hooks."""
    seen = {container.get("name", "") for container in main_containers}
    taken: set[str] = set()
    for index, container in enumerate(values):
        at = f"{path}[{index}]"
        sidecar = container.get("restartPolicy") == "Always"
        _shared(container, around, at, errors)
        _unique_name(container, seen, at, errors)
        if (policy := container.get("restartPolicy")) is not None:
            checks.one_of(errors, policy, f"{at}.restartPolicy", RESTART_POLICIES)
        _restart_rules(container, at, errors)
        if sidecar:
            _running(container, around, at, errors)
        else:
            _not_running(container, at, errors)
        host_ports([container], path, errors, taken, first=index)


def ephemeral(values: list[Object], others: list[Object], around: Surroundings, path: str, errors: Errors) -> None:
    """`spec.ephemeralContainers`: for looking, so without ports, probes and resources."""
    seen = {container.get("name", "") for container in others}
    known = {container.get("name", "") for container in others}
    for index, container in enumerate(values):
        at = f"{path}[{index}]"
        _shared(container, around, at, errors)
        _unique_name(container, seen, at, errors)
        for key in NOT_IN_EPHEMERAL:
            if container.get(key):
                errors.append(fields.forbidden(f"{at}.{key}", "cannot be set for an Ephemeral Container"))
        for position, mount in enumerate(container.get("volumeMounts") or ()):
            for key in ("subPath", "subPathExpr"):
                if mount.get(key):
                    detail = "cannot be set for an Ephemeral Container"
                    errors.append(fields.forbidden(f"{at}.volumeMounts[{position}].{key}", detail))
        if (target := container.get("targetContainerName")) and target not in known:
            errors.append(fields.not_found(f"{at}.targetContainerName", target))


def _unique_name(container: Object, seen: set[str], path: str, errors: Errors) -> None:
    name = container.get("name", "")
    if name and name in seen:
        errors.append(fields.duplicate(f"{path}.name", name))
    seen.add(name)


def _shared(container: Object, around: Surroundings, path: str, errors: Errors) -> None:
    checks.required_text(errors, names.label, container.get("name"), f"{path}.name")
    image = container.get("image", "")
    if not image:
        errors.append(fields.required(f"{path}.image"))
    elif image != image.strip():
        errors.append(fields.invalid(f"{path}.image", image, "must not have leading or trailing whitespace"))
    checks.required_one_of(
        errors, container.get("terminationMessagePolicy"), f"{path}.terminationMessagePolicy", MESSAGE_POLICIES
    )
    if container_ports := container.get("ports"):
        ports(container_ports, f"{path}.ports", errors)
    if env := container.get("env"):
        environment.variables(env, f"{path}.env", errors)
    if env_from := container.get("envFrom"):
        environment.sources(env_from, f"{path}.envFrom", errors)
    if mounts := container.get("volumeMounts"):
        _mounts(mounts, container, around, f"{path}.volumeMounts", errors)
    if devices := container.get("volumeDevices"):
        _devices(devices, container, around, f"{path}.volumeDevices", errors)
    checks.required_one_of(errors, container.get("imagePullPolicy"), f"{path}.imagePullPolicy", PULL_POLICIES)
    if wanted := container.get("resources"):
        resources.container_resources(wanted, f"{path}.resources", errors, around.claims)
    if policies := container.get("resizePolicy"):
        _resize_policies(policies, f"{path}.resizePolicy", errors)
    if context := container.get("securityContext"):
        security.container(context, f"{path}.securityContext", errors, host_users=around.host_users)


def _running(container: Object, around: Surroundings, path: str, errors: Errors) -> None:
    """Hooks and probes."""
    if (hooks := container.get("lifecycle")) is not None:
        probes.lifecycle(hooks, f"{path}.lifecycle", errors, around.grace_s)
    if (probe := container.get("livenessProbe")) is not None:
        probes.liveness(probe, f"{path}.livenessProbe", errors)
    if (probe := container.get("readinessProbe")) is not None:
        probes.readiness(probe, f"{path}.readinessProbe", errors)
    if (probe := container.get("startupProbe")) is not None:
        probes.liveness(probe, f"{path}.startupProbe", errors)


def _not_running(container: Object, path: str, errors: Errors) -> None:
    """An init container that ends has nothing to probe."""
    for key in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"):
        if container.get(key) is not None:
            detail = "may not be set for init containers without restartPolicy=Always"
            errors.append(fields.forbidden(f"{path}.{key}", detail))


def _restart_rules(container: Object, path: str, errors: Errors) -> None:
    rules = container.get("restartPolicyRules")
    if not rules:
        return
    if container.get("restartPolicy") is None:
        errors.append(
            fields.required(f"{path}.restartPolicy", "must specify restartPolicy when restart rules are used")
        )
    if len(rules) > 20:
        errors.append(fields.too_many(f"{path}.restartPolicyRules", len(rules), 20))
    for index, rule in enumerate(rules):
        at = f"{path}.restartPolicyRules[{index}]"
        checks.required_one_of(errors, rule.get("action"), f"{at}.action", ("Restart", "RestartAllContainers"))
        if (codes := rule.get("exitCodes")) is None:
            errors.append(fields.required(f"{at}.exitCodes", "must be specified"))
        else:
            checks.required_one_of(errors, codes.get("operator"), f"{at}.exitCodes.operator", RULE_OPERATORS)


@checks.remembered
def ports(values: list[Object], path: str, errors: Errors) -> None:
    seen: set[str] = set()
    for index, port in enumerate(values):
        at = f"{path}[{index}]"
        if name := port.get("name"):
            if wrong := names.port_name(name):
                errors.extend(fields.invalid(f"{at}.name", name, message) for message in wrong)
            elif name in seen:
                errors.append(fields.duplicate(f"{at}.name", name))
            else:
                seen.add(name)
        if not (number := port.get("containerPort")):
            errors.append(fields.required(f"{at}.containerPort"))
        else:
            checks.port_number(errors, number, f"{at}.containerPort")
        if host_port := port.get("hostPort"):
            checks.port_number(errors, host_port, f"{at}.hostPort")
        checks.required_one_of(errors, port.get("protocol"), f"{at}.protocol", PROTOCOLS)
        if address := port.get("hostIP"):
            checks.valid_ip(errors, address, f"{at}.hostIP")


def host_ports(values: list[Object], path: str, errors: Errors, taken: set[str], *, first: int = 0) -> None:
    """No two containers of a pod may claim one port of the host."""
    for index, container in enumerate(values, first):
        for position, port in enumerate(container.get("ports") or ()):
            if not (number := port.get("hostPort")):
                continue
            key = f"{port.get('protocol', '')}/{port.get('hostIP', '')}/{number}"
            if key in taken:
                errors.append(fields.duplicate(f"{path}[{index}].ports[{position}].hostPort", key))
            taken.add(key)


def _mounts(mounts: list[Object], container: Object, around: Surroundings, path: str, errors: Errors) -> None:
    seen: set[str] = set()
    devices = container.get("volumeDevices") or ()
    for index, mount in enumerate(mounts):
        at = f"{path}[{index}]"
        name, target = mount.get("name", ""), mount.get("mountPath", "")
        if not name:
            errors.append(fields.required(f"{at}.name"))
        if name not in around.volumes:
            errors.append(fields.not_found(f"{at}.name", name))
        if not target:
            errors.append(fields.required(f"{at}.mountPath"))
        if target in seen:
            errors.append(fields.invalid(f"{at}.mountPath", target, "must be unique"))
        seen.add(target)
        if devices:
            _not_a_device(name, target, devices, at, errors)
        _mount_details(mount, container, at, errors)


def _not_a_device(name: str, target: str, devices: Sequence[Object], path: str, errors: Errors) -> None:
    """A volume is either mounted or there as a device, and each has its own path."""
    if any(device.get("name") == name for device in devices):
        errors.append(fields.invalid(f"{path}.name", name, "must not already exist in volumeDevices"))
    if any(device.get("devicePath") == target for device in devices):
        detail = "must not already exist as a path in volumeDevices"
        errors.append(fields.invalid(f"{path}.mountPath", target, detail))


def _mount_details(mount: Object, container: Object, path: str, errors: Errors) -> None:
    if sub_path := mount.get("subPath"):
        checks.local_path(errors, sub_path, f"{path}.subPath")
    if expression := mount.get("subPathExpr"):
        if mount.get("subPath"):
            detail = "subPathExpr and subPath are mutually exclusive"
            errors.append(fields.invalid(f"{path}.subPathExpr", expression, detail))
        checks.local_path(errors, expression, f"{path}.subPathExpr")
    if (propagation := mount.get("mountPropagation")) is not None:
        checks.one_of(errors, propagation, f"{path}.mountPropagation", PROPAGATIONS)
        if propagation == "Bidirectional" and not (container.get("securityContext") or {}).get("privileged"):
            detail = "Bidirectional mount propagation is available only to privileged containers"
            errors.append(fields.forbidden(f"{path}.mountPropagation", detail))
    if (recursive := mount.get("recursiveReadOnly")) is not None:
        _recursive_read_only(mount, recursive, f"{path}.recursiveReadOnly", errors)


def _recursive_read_only(mount: Object, mode: str, path: str, errors: Errors) -> None:
    if not checks.one_of(errors, mode, path, RECURSIVE_READ_ONLY) or mode == "Disabled":
        return
    if not mount.get("readOnly"):
        errors.append(fields.forbidden(path, "may only be specified when readOnly is true"))
    if mount.get("mountPropagation") not in (None, "None"):
        detail = "may only be specified when mountPropagation is None or not specified"
        errors.append(fields.forbidden(path, detail))


def _devices(devices: list[Object], container: Object, around: Surroundings, path: str, errors: Errors) -> None:
    names_seen: set[str] = set()
    paths_seen: set[str] = set()
    mount_names = {mount.get("name") for mount in container.get("volumeMounts") or ()}
    for index, device in enumerate(devices):
        at = f"{path}[{index}]"
        name, target = device.get("name", ""), device.get("devicePath", "")
        if not name:
            errors.append(fields.required(f"{at}.name"))
        if name in names_seen:
            errors.append(fields.invalid(f"{at}.name", name, "must be unique"))
        volume = around.volumes.get(name)
        if volume is None:
            errors.append(fields.not_found(f"{at}.name", name))
        elif volume.get("persistentVolumeClaim") is None and volume.get("ephemeral") is None:
            detail = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"
            errors.append(fields.invalid(f"{at}.name", name, detail))
        if not target:
            errors.append(fields.required(f"{at}.devicePath"))
        elif target in paths_seen:
            errors.append(fields.invalid(f"{at}.devicePath", target, "must be unique"))
        else:
            checks.absolute_path_free_of_dots(errors, target, f"{at}.devicePath")
        if name in mount_names:
            errors.append(fields.invalid(f"{at}.name", name, "must not already exist in volumeMounts"))
        names_seen.add(name)
        paths_seen.add(target)


def _resize_policies(policies: list[Object], path: str, errors: Errors) -> None:
    seen: set[str] = set()
    for policy in policies:
        resource = policy.get("resourceName", "")
        if resource in seen:
            errors.append(fields.duplicate(path, resource))
        seen.add(resource)
        checks.required_one_of(errors, resource, path, ("cpu", "memory"))
        checks.required_one_of(errors, policy.get("restartPolicy"), path, RESIZE_POLICIES)
