"""`kubectl top`: what nodes and pods use, from the metrics API where the cluster has one."""

from typing import Any

from pyk3s.api import quantity
from pyk3s.kubectl import targets
from pyk3s.kubectl.arguments import SWITCH, Flag
from pyk3s.kubectl.command import Call, Command, Group
from pyk3s.kubectl.discovery import Resource
from pyk3s.kubectl.errors import CommandError
from pyk3s.kubectl.tabwriter import Table

JSON = dict[str, Any]
GROUP = "metrics.k8s.io"
MEBI = 1024 * 1024
COMMON = (
    targets.SELECTOR,
    Flag("sort-by", text="cpu or memory"),
    Flag("no-headers", "", SWITCH, text="Leave out the line of headers"),
)


async def _metrics(call: Call, kind: str) -> Resource:
    """The resource of metrics; raises CommandError where the cluster has none."""
    if call.flags.text("sort-by") not in ("", "cpu", "memory"):
        raise CommandError("--sort-by accepts only cpu or memory")
    found = (await call.context.discovery()).of_kind(GROUP, kind)
    if found is None:
        raise CommandError("Metrics API not available")
    return found


async def _fetched(call: Call, resource: Resource, namespace: str) -> list[JSON]:
    if len(call.words) > 1:
        raise CommandError(f"unexpected arguments: {' '.join(call.words[1:])}")
    if call.words:
        return [await call.context.server.get(resource.path(namespace, call.words[0]))]
    query = {"labelSelector": call.flags.text("selector")} if call.flags.text("selector") else {}
    page = await call.context.server.get(resource.path(namespace), query)
    return page.get("items") or []


async def node(call: Call) -> int:
    resource = await _metrics(call, "NodeMetrics")
    found = await _fetched(call, resource, "")
    nodes = (await call.context.discovery()).find("nodes")
    capacity = {
        each["metadata"]["name"]: (each.get("status") or {}).get("allocatable") or {}
        for each in await targets.listed(call.context, nodes, "", {})
    }
    rows = [["NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)"]]
    for each in _sorted(call, found):
        name, usage = each["metadata"]["name"], each.get("usage") or {}
        most = capacity.get(name, {})
        rows.append([name, cpu(usage), _share(usage, most, "cpu"), memory(usage), _share(usage, most, "memory")])
    return _show(call, rows)


async def pod(call: Call) -> int:
    resource = await _metrics(call, "PodMetrics")
    everywhere = call.flags.on("all-namespaces")
    found = await _fetched(call, resource, "" if everywhere else call.context.namespace)
    if not found:
        where = "" if everywhere else f" in {call.context.namespace} namespace."
        call.context.complain(f"No resources found{where}")
        return 0
    by_container = call.flags.on("containers")
    rows = [["POD", "NAME"] if by_container else ["NAME"]]
    rows[0] += ["CPU(cores)", "MEMORY(bytes)"]
    for each in _sorted(call, [{**one, "usage": total(one)} for one in found]):
        name = each["metadata"]["name"]
        parts = each.get("containers") or () if by_container else ()
        lines = [[name, part["name"], cpu(part["usage"]), memory(part["usage"])] for part in parts]
        rows += lines if by_container else [[name, cpu(each["usage"]), memory(each["usage"])]]
        if everywhere:
            count = len(lines) if by_container else 1
            rows[-count:] = [[each["metadata"].get("namespace", ""), *row] for row in rows[-count:]]
    if everywhere:
        rows[0].insert(0, "NAMESPACE")
    return _show(call, rows)


def _show(call: Call, rows: list[list[str]]) -> int:
    call.context.out.write(Table().text(rows[1:] if call.flags.on("no-headers") else rows))
    return 0


def total(metrics: JSON) -> dict[str, str]:
    """What the containers of a pod use together."""
    found: dict[str, quantity.Quantity] = {}
    for each in metrics.get("containers") or ():
        for name, value in (each.get("usage") or {}).items():
            found[name] = found.get(name, quantity.ZERO) + quantity.parse(value)
    return {name: str(value) for name, value in found.items()}


def _sorted(call: Call, found: list[JSON]) -> list[JSON]:
    by = call.flags.text("sort-by")
    if by:
        return sorted(found, key=lambda each: quantity.parse(each["usage"].get(by, "0")), reverse=True)
    return sorted(found, key=lambda each: (each["metadata"].get("namespace", ""), each["metadata"]["name"]))


def cpu(usage: JSON) -> str:
    """Thousandths of a core."""
    return f"{quantity.parse(usage.get('cpu', '0')).milli}m"


def memory(usage: JSON) -> str:
    """Whole mebibytes."""
    return f"{quantity.parse(usage.get('memory', '0')).value // MEBI}Mi"


def _share(usage: JSON, most: JSON, name: str) -> str:
    if name not in most:
        return "<unknown>"
    used, there = quantity.parse(usage.get(name, "0")).milli, quantity.of(most[name]).milli
    return f"{used * 100 // there if there else 0}%"


_POD = Command(
    "[NAME | -l label]",
    "Display resource (CPU/memory) usage of pods",
    (*COMMON, targets.ALL_NAMESPACES, Flag("containers", "", SWITCH, text="Each container on its own")),
    pod,
)
_NODE = Command("[NAME | -l label]", "Display resource (CPU/memory) usage of nodes", COMMON, node)
COMMAND = Group(
    "Display resource (CPU/memory) usage",
    {"node": _NODE, "nodes": _NODE, "no": _NODE, "pod": _POD, "pods": _POD, "po": _POD},
)
