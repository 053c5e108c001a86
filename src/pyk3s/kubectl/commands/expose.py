"""`kubectl expose`: a Service for the pods of a workload, a pod or another service."""

from typing import Any

from pyk3s.kubectl import manifests, targets
from pyk3s.kubectl.arguments import Flag
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.creating import generator
from pyk3s.kubectl.errors import CommandError

JSON = dict[str, Any]
FLAGS = (
    *generator.FLAGS,
    *manifests.FLAGS,
    Flag("name", text="Name of the service; the object's by default"),
    Flag("port", text="Ports of the service, separated by commas; the object's by default"),
    Flag("target-port", text="Port of the pods; the service's by default"),
    Flag("protocol", text="TCP, UDP or SCTP"),
    Flag("type", text="ClusterIP, NodePort, LoadBalancer or ExternalName"),
    Flag("selector", text="key=value,... labels of the pods; the object's by default"),
    Flag("labels", "l", text="key=value,... labels of the service; the object's by default"),
    Flag("cluster-ip", text="Address, or None for headless"),
    Flag("external-ip", text="An address that is routed to the nodes"),
    Flag("session-affinity", text="None or ClientIP"),
)


async def run(call: Call) -> int:
    for target in await targets.named(_without_selector(call), call.words):
        await generator.create(call, service(call, target), "exposed")
    return 0


def _without_selector(call: Call) -> Call:
    """The call as target look-up sees it: the flag --selector is the new service's, not a choice of objects."""
    return call._replace(flags=call.flags.only(manifests.FLAGS, without=()))


def service(call: Call, target: targets.Target) -> JSON:
    """The service that the flags and the object ask for; raises CommandError where they do not say enough."""
    flags, obj = call.flags, target.object
    selector = (
        generator.pairs(flags.text("selector").split(","), "selector") if flags.text("selector") else _selector(target)
    )
    ports = _ports(call, target)
    if not ports and flags.text("cluster-ip") != "None":
        raise CommandError(
            "couldn't find port via --port flag or introspection\nSee 'kubectl expose -h' for help and examples"
        )
    labels = flags.text("labels")
    found = generator.pairs(labels.split(","), "label") if labels else obj["metadata"].get("labels") or {}
    metadata: JSON = {"name": flags.text("name") or target.name} | ({"labels": found} if found else {})
    spec: JSON = {"selector": selector} | ({"ports": ports} if ports else {})
    for flag, field in (("type", "type"), ("cluster-ip", "clusterIP"), ("session-affinity", "sessionAffinity")):
        if flags.text(flag):
            spec[field] = flags.text(flag)
    if flags.text("external-ip"):
        spec["externalIPs"] = [flags.text("external-ip")]
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec, "status": {"loadBalancer": {}}}


def _selector(target: targets.Target) -> dict[str, str]:
    kind, obj = target.resource.kind, target.object
    if kind == "Pod":
        found = obj["metadata"].get("labels") or {}
        if not found:
            raise CommandError(
                "couldn't retrieve selectors via --selector flag or introspection: "
                "the pod has no labels and cannot be exposed"
            )
        return dict(found)
    selector = (obj.get("spec") or {}).get("selector") or {}
    if kind in ("Service", "ReplicationController"):
        return dict(selector)
    if kind not in ("Deployment", "ReplicaSet"):
        group = target.resource.group
        raise CommandError(f"cannot expose a {target.resource.kind}{f'.{group}' if group else ''}")
    if selector.get("matchExpressions"):
        raise CommandError(
            "couldn't retrieve selectors via --selector flag or introspection: couldn't convert expressions"
        )
    return dict(selector.get("matchLabels") or {})


def _ports(call: Call, target: targets.Target) -> list[JSON]:
    given, protocol = call.flags.text("port"), call.flags.text("protocol")
    wanted = [(int(each), protocol or "TCP") for each in given.split(",")] if given else _declared(target, protocol)
    target_port = call.flags.text("target-port")
    shown: int | str = int(target_port) if target_port.isdecimal() else target_port
    return [
        {
            "port": number,
            "protocol": kind,
            "targetPort": shown or number,
            **({"name": f"port-{place}"} if len(wanted) > 1 else {}),
        }
        for place, (number, kind) in enumerate(wanted, 1)
    ]


def _declared(target: targets.Target, protocol: str) -> list[tuple[int, str]]:
    """The ports that the object itself declares."""
    spec = target.object.get("spec") or {}
    if target.resource.kind == "Service":
        return [(each["port"], protocol or each.get("protocol", "TCP")) for each in spec.get("ports") or ()]
    pod = spec if target.resource.kind == "Pod" else (spec.get("template") or {}).get("spec") or {}
    listed = [each for container in pod.get("containers") or () for each in container.get("ports") or ()]
    return [(each["containerPort"], protocol or each.get("protocol", "TCP")) for each in listed]


COMMAND = Command(
    "(-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] [--name=name]",
    "Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service",
    FLAGS,
    run,
)
