"""ConfigMaps, Secrets, ServiceAccounts, Namespaces, volumes and their claims, roles and bindings, budgets."""

import base64
from typing import Any

from pyk3s.kubectl.describing import volumes
from pyk3s.kubectl.describing.writer import (
    NONE,
    UNSET,
    Related,
    Writer,
    amount,
    annotations,
    events,
    head,
    marks,
    selector,
)

JSON = dict[str, Any]


def config_map(obj: JSON, related: Related) -> str:
    writer = Writer()
    head(writer, obj)
    writer.line(0, "\nData\n====")
    data = obj.get("data") or {}
    for key in data:
        writer.line(0, f"{key}:\n----\n{data[key]}\n")
    writer.line(0, "\nBinaryData\n====")
    for key, value in (obj.get("binaryData") or {}).items():
        writer.line(0, f"{key}: {len(base64.b64decode(value))} bytes")
    writer.line(0, "")
    events(writer, related.events, related.now)
    return writer.text()


def secret(obj: JSON, related: Related) -> str:
    writer = Writer()
    head(writer, obj)
    writer.line(0, f"\nType:\t{obj.get('type', '')}\n\nData\n====")
    data = obj.get("data") or {}
    for key in sorted(data):
        value = base64.b64decode(data[key])
        token = key == "token" and obj.get("type") == "kubernetes.io/service-account-token"
        writer.field(0, key, value.decode("utf-8", "replace") if token else f"{len(value)} bytes")
    return writer.text()


def service_account(obj: JSON, related: Related) -> str:
    writer = Writer()
    head(writer, obj)
    for title, field in (("Image pull secrets", "imagePullSecrets"), ("Mountable secrets", "secrets")):
        _names(writer, title, [each.get("name", "") for each in obj.get(field) or ()])
    writer.field(0, "Tokens", NONE)
    events(writer, related.events, related.now)
    return writer.text()


def _names(writer: Writer, title: str, names: list[str]) -> None:
    for place, name in enumerate(names or [NONE]):
        writer.line(0, f"{title}:\t{name}" if place == 0 else f"\t{name}")


def namespace(obj: JSON, related: Related) -> str:
    writer = Writer()
    head(writer, obj, namespace=False)
    writer.field(0, "Status", (obj.get("status") or {}).get("phase", ""))
    if related.quotas:
        writer.line(0, "\nResource Quotas")
        for each in related.quotas:
            _quota(writer, each)
    else:
        writer.line(0, "\nNo resource quota.")
    if related.limits:
        writer.line(
            0, "\nResource Limits\n Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio"
        )
        writer.line(0, " ----\t--------\t---\t---\t---------------\t-------------\t-----------------------")
        for each in related.limits:
            _limits(writer, each)
    else:
        writer.line(0, "\nNo LimitRange resource.")
    return writer.text()


def _quota(writer: Writer, obj: JSON) -> None:
    status = obj.get("status") or {}
    writer.line(0, f"  Name:\t{obj['metadata']['name']}\n  Resource\tUsed\tHard\n  --------\t---\t---")
    hard, used = status.get("hard") or {}, status.get("used") or {}
    for name in sorted(hard):
        writer.line(0, f"  {name}\t{amount(used.get(name, '0'))}\t{amount(hard[name])}")


def _limits(writer: Writer, obj: JSON) -> None:
    fields = ("min", "max", "defaultRequest", "default", "maxLimitRequestRatio")
    for each in (obj.get("spec") or {}).get("limits") or ():
        for name in sorted({name for field in fields for name in each.get(field) or {}}):
            shown = [amount(each[field][name]) if name in (each.get(field) or {}) else "-" for field in fields]
            writer.line(0, " " + "\t".join([each.get("type", ""), name, *shown]))


def claim(obj: JSON, related: Related) -> str:
    writer, metadata, spec, status = Writer(), obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    writer.field(0, "Name", metadata["name"])
    writer.field(0, "Namespace", metadata.get("namespace", ""))
    writer.field(0, "StorageClass", spec.get("storageClassName", ""))
    ending = metadata.get("deletionTimestamp")
    writer.field(0, "Status", "Terminating" if ending else status.get("phase", ""))
    writer.field(0, "Volume", spec.get("volumeName", ""))
    marks(writer, 0, "Labels", metadata.get("labels"))
    annotations(writer, 0, metadata.get("annotations"))
    writer.field(0, "Finalizers", f"[{' '.join(metadata.get('finalizers') or ())}]")
    bound = bool(spec.get("volumeName"))
    capacity = (status.get("capacity") or {}).get("storage")
    writer.field(0, "Capacity", amount(capacity) if bound and capacity else "")
    writer.field(0, "Access Modes", access_modes(status.get("accessModes") or []) if bound else "")
    if spec.get("volumeMode"):
        writer.field(0, "VolumeMode", spec["volumeMode"])
    _names(writer, "Used By", [pod["metadata"]["name"] for pod in related.pods if _mounts(pod, metadata["name"])])
    events(writer, related.events, related.now)
    return writer.text()


def _mounts(pod: JSON, name: str) -> bool:
    listed = (pod.get("spec") or {}).get("volumes") or ()
    return any((each.get("persistentVolumeClaim") or {}).get("claimName") == name for each in listed)


def access_modes(modes: list[str]) -> str:
    """`RWO,ROX`."""
    short = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
    return ",".join(short[mode] for mode in short if mode in modes)


def volume(obj: JSON, related: Related) -> str:
    writer, metadata, spec, status = Writer(), obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    head(writer, obj, namespace=False)
    writer.field(0, "Finalizers", f"[{' '.join(metadata.get('finalizers') or ())}]")
    writer.field(0, "StorageClass", spec.get("storageClassName", ""))
    ending = metadata.get("deletionTimestamp")
    writer.field(0, "Status", "Terminating" if ending else status.get("phase", ""))
    bound = spec.get("claimRef")
    writer.field(0, "Claim", f"{bound.get('namespace')}/{bound.get('name')}" if bound else "")
    writer.field(0, "Reclaim Policy", spec.get("persistentVolumeReclaimPolicy", ""))
    writer.field(0, "Access Modes", access_modes(spec.get("accessModes") or []))
    if spec.get("volumeMode"):
        writer.field(0, "VolumeMode", spec["volumeMode"])
    writer.field(0, "Capacity", amount((spec.get("capacity") or {}).get("storage", "0")))
    _affinity(writer, spec)
    writer.field(0, "Message", status.get("message", ""))
    writer.line(0, "Source:")
    known = ("hostPath", "nfs", "local", "csi")
    volumes.source(writer, 2, {name: spec[name] for name in known if name in spec})
    events(writer, related.events, related.now)
    return writer.text()


def _affinity(writer: Writer, spec: JSON) -> None:
    required = (spec.get("nodeAffinity") or {}).get("required")
    if required is None:
        writer.field(0, "Node Affinity", NONE)
        return
    writer.line(0, "Node Affinity:\t")
    writer.line(1, "Required Terms:\t")
    for place, term in enumerate(required.get("nodeSelectorTerms") or ()):
        shown = [
            f"{each['key']} {str(each['operator']).lower()} [{', '.join(each.get('values') or ())}]"
            for each in term.get("matchExpressions") or ()
        ]
        writer.line(2, f"Term {place}:\t" + (shown[0] if shown else NONE))
        for each in shown[1:]:
            writer.line(2, f"\t{each}")


def role(obj: JSON, related: Related) -> str:
    writer = Writer()
    head(writer, obj, namespace=False)
    writer.line(0, "PolicyRule:\n  Resources\tNon-Resource URLs\tResource Names\tVerbs")
    writer.line(1, "---------\t-----------------\t--------------\t-----")
    for name, urls, names, verbs in _rules(obj):
        writer.line(1, f"{name}\t[{urls}]\t[{names}]\t[{verbs}]")
    return writer.text()


def _rules(obj: JSON) -> list[tuple[str, str, str, str]]:
    """Resource, URL, names and verbs of each single permission, in kubectl's order: by verbs, group, resource."""
    found: dict[str, tuple[str, str, str, str]] = {}
    for rule in obj.get("rules") or ():
        verbs, names = " ".join(rule.get("verbs") or ()), " ".join(rule.get("resourceNames") or ())
        for url in rule.get("nonResourceURLs") or ():
            found[f"{verbs}],[],[],[],[{url}]"] = ("", url, "", verbs)
        for group in rule.get("apiGroups") or ():
            for resource in rule.get("resources") or ():
                plain, slash, part = resource.partition("/")
                shown = f"{plain}.{group}{slash}{part}" if group else resource
                found[f"{verbs}],[{group}],[{resource}],[{names}],[]"] = (shown, "", names, verbs)
    return [found[key] for key in sorted(found)]


def binding(obj: JSON, related: Related) -> str:
    writer = Writer()
    head(writer, obj, namespace=False)
    writer.line(0, "Role:")
    writer.field(1, "Kind", obj["roleRef"]["kind"])
    writer.field(1, "Name", obj["roleRef"]["name"])
    writer.line(0, "Subjects:\n  Kind\tName\tNamespace")
    writer.line(1, "----\t----\t---------")
    for each in obj.get("subjects") or ():
        writer.line(1, f"{each['kind']}\t{each['name']}\t{each.get('namespace', '')}")
    return writer.text()


def disruption_budget(obj: JSON, related: Related) -> str:
    writer, spec, status = Writer(), obj.get("spec") or {}, obj.get("status") or {}
    writer.field(0, "Name", obj["metadata"]["name"])
    writer.field(0, "Namespace", obj["metadata"].get("namespace", ""))
    if spec.get("minAvailable") is not None:
        writer.field(0, "Min available", spec["minAvailable"])
    elif spec.get("maxUnavailable") is not None:
        writer.field(0, "Max unavailable", spec["maxUnavailable"])
    writer.field(0, "Selector", selector(spec["selector"]) if spec.get("selector") else UNSET)
    writer.line(0, "Status:")
    for title, field in (
        ("Allowed disruptions", "disruptionsAllowed"),
        ("Current", "currentHealthy"),
        ("Desired", "desiredHealthy"),
        ("Total", "expectedPods"),
    ):
        writer.field(2, title, status.get(field, 0))
    events(writer, related.events, related.now)
    return writer.text()
