"""The environment of a container: Services, then envFrom, then env, later ones winning; values may refer to earlier
ones.

Pure: the ConfigMaps and Secrets that `needed` names are fetched by the caller.
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pyk3s.node import objects
from pyk3s.node.containers import expansion, fields
from pyk3s.node.objects import JSON

Reference = tuple[str, str]  # ("configmap" | "secret", name)


class MissingReference(Exception):
    """A ConfigMap, Secret or key that a container needs is not there; the message is what the pod's status shows."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What an environment is made from, beside the pod. An object that does not exist is None."""

    place: fields.Place
    held: Mapping[Reference, JSON | None] = field(default_factory=dict)
    services: Iterable[objects.Service] = ()


def needed(container: JSON) -> list[Reference]:
    """The ConfigMaps and Secrets of the pod's namespace that the environment refers to."""
    found: dict[Reference, None] = {}
    for source in container.get("envFrom") or ():
        for field_name, kind in (("configMapRef", "configmap"), ("secretRef", "secret")):
            if reference := source.get(field_name):
                found[(kind, reference["name"])] = None
    for variable in container.get("env") or ():
        chosen = variable.get("valueFrom") or {}
        for field_name, kind in (("configMapKeyRef", "configmap"), ("secretKeyRef", "secret")):
            if reference := chosen.get(field_name):
                found[(kind, reference["name"])] = None
    return list(found)


def build(pod: objects.Pod, container: JSON, sources: Sources) -> dict[str, str]:
    """Names and values; raises MissingReference and fields.FieldUnknown."""
    links = pod.spec.get("enableServiceLinks", True)
    services = service_variables(sources.services, pod.namespace, every=links)
    made: dict[str, str] = {}
    for source in container.get("envFrom") or ():
        made.update(_from_object(pod, source, sources))
    for variable in container.get("env") or ():
        value = _value(pod, container, variable, sources, {**services, **made})
        if value is not None:
            made[variable["name"]] = value
    return {**services, **made}


def _from_object(pod: objects.Pod, source: JSON, sources: Sources) -> dict[str, str]:
    kind = "configmap" if "configMapRef" in source else "secret"
    reference = source["configMapRef"] if kind == "configmap" else source["secretRef"]
    held = sources.held.get((kind, reference["name"]))
    if held is None:
        if reference.get("optional"):
            return {}
        raise MissingReference(f'{kind} "{reference["name"]}" not found')
    prefix = source.get("prefix", "")
    return {prefix + key: value for key, value in _text_of(kind, held).items()}


def _value(pod: objects.Pod, container: JSON, variable: JSON, sources: Sources, known: Mapping[str, str]) -> str | None:
    chosen = variable.get("valueFrom")
    if not chosen:
        return expansion.expand(variable.get("value", ""), known)
    if reference := chosen.get("fieldRef"):
        return fields.field_value(pod, reference["fieldPath"], sources.place)
    if reference := chosen.get("resourceFieldRef"):
        about = fields.referenced_container(pod, container, reference)
        return fields.resource_value(pod, about, reference, sources.place)
    if reference := chosen.get("configMapKeyRef"):
        return _key(pod, "configmap", reference, sources)
    if reference := chosen.get("secretKeyRef"):
        return _key(pod, "secret", reference, sources)
    raise fields.FieldUnknown(f"environment variable {variable['name']} has a valueFrom that is not supported")


def _key(pod: objects.Pod, kind: str, reference: JSON, sources: Sources) -> str | None:
    held = sources.held.get((kind, reference["name"]))
    optional = bool(reference.get("optional"))
    if held is None:
        if optional:
            return None
        raise MissingReference(f'{kind} "{reference["name"]}" not found')
    values = _text_of(kind, held)
    if reference["key"] in values:
        return values[reference["key"]]
    if optional:
        return None
    shown = "ConfigMap" if kind == "configmap" else "Secret"
    raise MissingReference(f"couldn't find key {reference['key']} in {shown} {pod.namespace}/{reference['name']}")


def _text_of(kind: str, held: JSON) -> dict[str, str]:
    data = held.get("data") or {}
    if kind == "configmap":
        return dict(data)
    return {key: base64.b64decode(value).decode("utf-8", "surrogateescape") for key, value in data.items()}


def service_variables(services: Iterable[objects.Service], namespace: str, *, every: bool) -> dict[str, str]:
    """The variables of the Services of a namespace, and always those of default/kubernetes."""
    made: dict[str, str] = {}
    for service in sorted(services, key=lambda each: each.metadata.key):
        kubernetes = service.metadata.key == "default/kubernetes"
        wanted = kubernetes or (every and service.metadata.namespace == namespace)
        address = service.spec.cluster_ip
        if wanted and address and address != "None" and service.spec.ports:
            made.update(_service(service, address))
    return made


def _service(service: objects.Service, address: str) -> dict[str, str]:
    name = _variable(service.metadata.name)
    first = service.spec.ports[0]
    shown = f"[{address}]" if ":" in address else address
    made = {f"{name}_SERVICE_HOST": address, f"{name}_SERVICE_PORT": str(first.port)}
    for port in service.spec.ports:
        if port.name:
            made[f"{name}_SERVICE_PORT_{_variable(port.name)}"] = str(port.port)
    made[f"{name}_PORT"] = f"{first.protocol.lower()}://{shown}:{first.port}"
    for port in service.spec.ports:
        prefix = f"{name}_PORT_{port.port}_{port.protocol}"
        made[prefix] = f"{port.protocol.lower()}://{shown}:{port.port}"
        made[f"{prefix}_PROTO"] = port.protocol.lower()
        made[f"{prefix}_PORT"] = str(port.port)
        made[f"{prefix}_ADDR"] = address
    return made


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")
