"""Pod templates, containers and tolerations: what pods and everything that makes pods have in common."""

from collections.abc import Mapping, Sequence
from typing import Any

from pyk3s.kubectl.describing import volumes
from pyk3s.kubectl.describing.writer import NONE, Writer, amounts, annotations, marks, selector, time_text, title

JSON = dict[str, Any]


def pod_template(writer: Writer, template: JSON) -> None:
    """The block `Pod Template`."""
    metadata, spec = template.get("metadata") or {}, template.get("spec") or {}
    writer.line(0, "Pod Template:")
    marks(writer, 1, "Labels", metadata.get("labels"))
    if metadata.get("annotations"):
        annotations(writer, 1, metadata["annotations"])
    if spec.get("serviceAccountName"):
        writer.field(1, "Service Account", spec["serviceAccountName"])
    if spec.get("initContainers"):
        containers(writer, "Init Containers", spec["initContainers"], {}, indent="  ")
    containers(writer, "Containers", spec.get("containers") or (), {}, indent="  ")
    volumes.describe(writer, 1, spec.get("volumes"))
    if spec.get("topologySpreadConstraints"):
        spread(writer, 1, spec["topologySpreadConstraints"])
    if spec.get("priorityClassName"):
        writer.field(1, "Priority Class Name", spec["priorityClassName"])
    marks(writer, 1, "Node-Selectors", spec.get("nodeSelector"))
    tolerations(writer, 1, spec.get("tolerations"))


def containers(
    writer: Writer,
    name: str,
    found: Sequence[JSON],
    statuses: Mapping[str, JSON],
    *,
    indent: str = "",
    pod: JSON | None = None,
) -> None:
    """A block of containers, with how they are where that is known."""
    writer.line(0, f"{indent}{name}:" + ("" if found else " <none>"))
    for each in found:
        writer.line(0, f"{indent}{' ' if indent else '  '}{each['name']}:")
        _container(writer, each, statuses.get(each["name"]), pod)


def _container(writer: Writer, found: JSON, status: JSON | None, pod: JSON | None) -> None:
    if status is not None:
        writer.field(2, "Container ID", status.get("containerID", ""))
    writer.field(2, "Image", found.get("image", ""))
    if status is not None:
        writer.field(2, "Image ID", status.get("imageID", ""))
    _ports(writer, "Port", [(each["containerPort"], each) for each in found.get("ports") or ()])
    _ports(writer, "Host Port", [(each.get("hostPort", 0), each) for each in found.get("ports") or ()])
    if found.get("restartPolicy"):
        writer.field(2, "Restart Policy", found["restartPolicy"])
    for field in ("command", "args"):
        if found.get(field):
            writer.line(2, f"{field.capitalize()}:")
            for each in found[field]:
                for line in each.split("\n"):
                    writer.line(3, line)
    if status is not None:
        _state(writer, "State", status.get("state") or {})
        if (status.get("lastState") or {}).get("terminated"):
            _state(writer, "Last State", status["lastState"])
        writer.field(2, "Ready", title(status.get("ready")))
        writer.field(2, "Restart Count", status.get("restartCount", 0))
    resources = found.get("resources") or {}
    amounts(writer, 2, "Limits", resources.get("limits"))
    amounts(writer, 2, "Requests", resources.get("requests"))
    for kind in ("liveness", "readiness", "startup"):
        if found.get(f"{kind}Probe"):
            writer.field(2, kind.capitalize(), probe(found[f"{kind}Probe"]))
    _environment(writer, found, pod)
    _mounts(writer, found)


def _ports(writer: Writer, name: str, found: Sequence[tuple[int, JSON]]) -> None:
    shown = [f"{number}/{each.get('protocol', 'TCP')}" for number, each in found]
    writer.field(2, f"{name}s" if len(shown) > 1 else name, ", ".join(shown) or NONE)


def _state(writer: Writer, name: str, state: JSON) -> None:
    if running := state.get("running"):
        writer.field(2, name, "Running")
        writer.field(3, "Started", time_text(running.get("startedAt")))
    elif ended := state.get("terminated"):
        writer.field(2, name, "Terminated")
        if ended.get("reason"):
            writer.field(3, "Reason", ended["reason"])
        if ended.get("message"):
            writer.field(3, "Message", ended["message"])
        writer.field(3, "Exit Code", ended.get("exitCode", 0))
        if ended.get("signal"):
            writer.field(3, "Signal", ended["signal"])
        writer.field(3, "Started", time_text(ended.get("startedAt")))
        writer.field(3, "Finished", time_text(ended.get("finishedAt")))
    else:
        writer.field(2, name, "Waiting")
        if (state.get("waiting") or {}).get("reason"):
            writer.field(3, "Reason", state["waiting"]["reason"])


def probe(found: JSON) -> str:
    """A probe in one line."""
    times = (
        f"delay={found.get('initialDelaySeconds', 0)}s timeout={found.get('timeoutSeconds', 1)}s "
        f"period={found.get('periodSeconds', 10)}s #success={found.get('successThreshold', 1)} "
        f"#failure={found.get('failureThreshold', 3)}"
    )
    if "exec" in found:
        return f"exec [{' '.join(found['exec'].get('command') or ())}] {times}"
    if get := found.get("httpGet"):
        scheme, host = get.get("scheme", "HTTP").lower(), get.get("host", "")
        return f"http-get {scheme}://{host}:{get.get('port', '')}{get.get('path', '')} {times}"
    if "tcpSocket" in found:
        return f"tcp-socket {found['tcpSocket'].get('host', '')}:{found['tcpSocket'].get('port', '')} {times}"
    if "grpc" in found:
        return f"grpc <pod>:{found['grpc'].get('port', '')} {found['grpc'].get('service') or ''} {times}"
    return f"unknown {times}"


def _environment(writer: Writer, found: JSON, pod: JSON | None) -> None:
    if found.get("envFrom"):
        writer.line(2, "Environment Variables from:")
        for each in found["envFrom"]:
            kind, source = (
                ("ConfigMap", each["configMapRef"])
                if each.get("configMapRef")
                else ("Secret", each.get("secretRef") or {})
            )
            prefix = f" with prefix '{each['prefix']}'" if each.get("prefix") else ""
            writer.line(
                3, f"{source.get('name', '')}\t{kind}{prefix}\tOptional: {str(bool(source.get('optional'))).lower()}"
            )
    if not found.get("env"):
        writer.field(2, "Environment", NONE)
        return
    writer.line(2, "Environment:")
    for each in found["env"]:
        _variable(writer, each, pod)


def _variable(writer: Writer, found: JSON, pod: JSON | None) -> None:
    source, name = found.get("valueFrom"), found["name"]
    if not source:
        first, *rest = str(found.get("value", "")).split("\n")
        writer.field(3, name, first)
        for line in rest:
            writer.line(3, f"\t{line}")
    elif ref := source.get("fieldRef"):
        value = _pod_field(pod, ref.get("fieldPath", ""))
        writer.line(3, f"{name}:\t{value} ({ref.get('apiVersion', 'v1')}:{ref.get('fieldPath', '')})")
    elif ref := source.get("resourceFieldRef"):
        writer.line(3, f"{name}:\t{ref.get('divisor', '0')} ({ref.get('resource', '')})")
    elif ref := source.get("secretKeyRef"):
        optional = str(bool(ref.get("optional"))).lower()
        writer.line(
            3, f"{name}:\t<set to the key '{ref['key']}' in secret '{ref.get('name', '')}'>\tOptional: {optional}"
        )
    elif ref := source.get("configMapKeyRef"):
        optional = str(bool(ref.get("optional"))).lower()
        writer.line(
            3, f"{name}:\t<set to the key '{ref['key']}' of config map '{ref.get('name', '')}'>\tOptional: {optional}"
        )


def _pod_field(pod: JSON | None, path: str) -> str:
    value: Any = pod
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def _mounts(writer: Writer, found: JSON) -> None:
    mounts = found.get("volumeMounts")
    if not mounts:
        writer.field(2, "Mounts", NONE)
    else:
        writer.line(2, "Mounts:")
        for each in sorted(mounts, key=lambda mount: mount["mountPath"]):
            flags = ["ro" if each.get("readOnly") else "rw"]
            if each.get("subPath"):
                flags.append(f'path="{each["subPath"]}"')
            writer.line(3, f"{each['mountPath']} from {each['name']} ({','.join(flags)})")
    if found.get("volumeDevices"):
        writer.line(2, "Devices:")
        for each in found["volumeDevices"]:
            writer.line(3, f"{each['devicePath']} from {each['name']}")


def tolerations(writer: Writer, level: int, found: Sequence[JSON] | None) -> None:
    """The lines `Tolerations`."""
    if not found:
        writer.field(level, "Tolerations", NONE)
        return
    for place, each in enumerate(sorted(found, key=lambda one: one.get("key", ""))):
        text = each.get("key", "") + (f"={each['value']}" if each.get("value") else "")
        text += f":{each['effect']}" if each.get("effect") else ""
        if each.get("operator") == "Exists" and not each.get("value"):
            text += " op=Exists" if each.get("key") or each.get("effect") else "op=Exists"
        if each.get("tolerationSeconds") is not None:
            text += f" for {each['tolerationSeconds']}s"
        writer.line(level, f"Tolerations:\t{text}" if place == 0 else f"\t{text}")


def spread(writer: Writer, level: int, found: Sequence[JSON]) -> None:
    """The lines `Topology Spread Constraints`."""
    for place, each in enumerate(sorted(found, key=lambda one: one.get("topologyKey", ""))):
        text = (
            f"{each.get('topologyKey')}:{each.get('whenUnsatisfiable')} when max skew {each.get('maxSkew')} is exceeded"
        )
        if each.get("labelSelector"):
            text += f" for selector {selector(each['labelSelector'])}"
        writer.line(level, f"Topology Spread Constraints:\t{text}" if place == 0 else f"\t{text}")
