"""`kubectl autoscale`: a HorizontalPodAutoscaler for a workload."""

from typing import Any

from pyk3s.kubectl import manifests, targets
from pyk3s.kubectl.arguments import NUMBER, Flag
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.creating import generator
from pyk3s.kubectl.errors import CommandError

JSON = dict[str, Any]
FLAGS = (
    *generator.FLAGS,
    *manifests.FLAGS,
    Flag("max", "", NUMBER, "-1", text="How many pods at most"),
    Flag("min", "", NUMBER, "-1", text="How many pods at least"),
    Flag("cpu-percent", "", NUMBER, "-1", text="Share of the requested CPU that pods shall use"),
    Flag("name", text="Name of the autoscaler; the object's by default"),
)


async def run(call: Call) -> int:
    flags = call.flags
    generator.required(call, "max")
    if flags.number("max") < 1:
        raise CommandError("--max=MAXPODS is required and must be at least 1, max: " + flags.text("max"))
    if flags.number("max") < flags.number("min"):
        shown = f"max: {flags.number('max')}, min: {flags.number('min')}"
        raise CommandError(f"--max=MAXPODS must be larger or equal to --min=MINPODS, {shown}")
    for target in await targets.named(call, call.words):
        if "scale" not in target.resource.subresources:
            raise CommandError(f"cannot autoscale a {target.resource.kind}")
        await generator.create(call, autoscaler(call, target), "autoscaled", placed=False)
    return 0


def autoscaler(call: Call, target: targets.Target) -> JSON:
    """The autoscaler that the flags ask for."""
    flags, resource = call.flags, target.resource
    spec: JSON = {
        "maxReplicas": flags.number("max"),
        "scaleTargetRef": {"apiVersion": resource.api_version, "kind": resource.kind, "name": target.name},
    }
    if flags.number("min") > 0:
        spec["minReplicas"] = flags.number("min")
    if flags.number("cpu-percent") >= 0:
        wanted = {"type": "Utilization", "averageUtilization": flags.number("cpu-percent")}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": wanted}}]
    metadata = {"name": flags.text("name") or target.name}
    kind = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler"}
    return {**kind, "metadata": metadata, "spec": spec, "status": {"currentMetrics": None, "desiredReplicas": 0}}


COMMAND = Command(
    "(-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu-percent=CPU]",
    "Auto-scale a deployment, replica set, stateful set, or replication controller",
    FLAGS,
    run,
)
