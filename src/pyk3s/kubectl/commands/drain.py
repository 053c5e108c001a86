"""`kubectl drain`: evicts a node's pods, except those that would come back or lose what they hold."""

import asyncio
from typing import Any, NamedTuple

from pyk3s.client.errors import ApiError
from pyk3s.kubectl import cordoning, results, targets, waiting
from pyk3s.kubectl.arguments import DURATION, NUMBER, SWITCH, Flag
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.discovery import Resource
from pyk3s.kubectl.errors import CommandError
from pyk3s.kubectl.server import decoded, refusal

JSON = dict[str, Any]
AGAIN_S = 5.0  # until an eviction that a disruption budget holds up is tried again
MIRROR = "kubernetes.io/config.mirror"
FLAGS = (
    *cordoning.FLAGS,
    Flag("ignore-daemonsets", "", SWITCH, text="Leave pods of DaemonSets where they are"),
    Flag("delete-emptydir-data", "", SWITCH, text="Evict pods although their emptyDir volumes go with them"),
    Flag("force", "", SWITCH, text="Evict pods that nobody will make anew"),
    Flag("grace-period", "", NUMBER, "-1", text="Seconds for pods to end in; their own where negative"),
    Flag("timeout", "", DURATION, "0s", text="How long to try; 0 is for ever"),
    Flag("disable-eviction", "", SWITCH, text="Delete pods, past disruption budgets"),
    Flag("pod-selector", text="Only pods with these labels"),
    Flag(
        "skip-wait-for-delete-timeout",
        "",
        NUMBER,
        "0",
        text="Do not wait for pods that have been ending so many seconds",
    ),
)


class Verdict(NamedTuple):
    """What draining does about one pod: evict it or leave it, with a warning; or it keeps the node from draining."""

    evict: bool
    warning: str = ""
    error: str = ""


async def run(call: Call) -> int:
    nodes = await cordoning.nodes(call)
    for node in nodes:
        await cordoning.mark(call, node, unschedulable=True)
    timeout = call.flags.seconds("timeout") or None
    for node in nodes:
        try:
            async with asyncio.timeout(timeout):
                await _drain(call, node)
        except TimeoutError as error:
            raise CommandError(
                f'unable to drain node "{node.name}" due to error: global timeout reached: {call.flags.text("timeout")}'
            ) from error
    return 0


async def _drain(call: Call, node: targets.Target) -> None:
    resource = (await call.context.discovery()).find("pods")
    query = {"fieldSelector": f"spec.nodeName={node.name}"}
    if call.flags.text("pod-selector"):
        query["labelSelector"] = call.flags.text("pod-selector")
    found = await targets.listed(call.context, resource, "", query)
    evicted = _chosen(call, node, found)
    if results.dry_run(call) == results.NONE:
        await asyncio.gather(*(_evict(call, resource, pod) for pod in evicted))
    else:
        for pod in evicted:
            call.context.say(f"evicting pod {pod['metadata']['namespace']}/{pod['metadata']['name']} (dry run)")
    results.Results(call).done(node.resource, node.object, "drained")


def _chosen(call: Call, node: targets.Target, found: list[JSON]) -> list[JSON]:
    """The pods to evict; raises CommandError where some keep the node from draining."""
    flags = call.flags
    evicted: list[JSON] = []
    warnings: dict[str, list[str]] = {}
    errors: dict[str, list[str]] = {}
    for pod in found:
        decided = verdict(
            pod,
            ignore_daemon_sets=flags.on("ignore-daemonsets"),
            delete_data=flags.on("delete-emptydir-data"),
            force=flags.on("force"),
        )
        name = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
        if decided.error:
            errors.setdefault(decided.error, []).append(name)
        if decided.warning:
            warnings.setdefault(decided.warning, []).append(name)
        if decided.evict:
            evicted.append(pod)
    if errors:
        told = ", ".join(f"{text}: {', '.join(names)}" for text, names in errors.items())
        raise CommandError(
            f'unable to drain node "{node.name}" due to error: [{told}], continuing command...\n'
            f"There are pending nodes to be drained:\n {node.name}\n{told}"
            if len(errors) > 1
            else f'unable to drain node "{node.name}" due to error: {told}, continuing command...\n'
            f"There are pending nodes to be drained:\n {node.name}\n{told}"
        )
    if warnings:
        told = "; ".join(f"{text}: {', '.join(names)}" for text, names in warnings.items())
        call.context.complain(f"Warning: {told}")
    return evicted


def verdict(pod: JSON, *, ignore_daemon_sets: bool, delete_data: bool, force: bool) -> Verdict:
    """What draining does about a pod. Pure."""
    metadata = pod["metadata"]
    if MIRROR in (metadata.get("annotations") or {}):
        return Verdict(False)
    owner = next((each for each in metadata.get("ownerReferences") or () if each.get("controller")), None)
    ended = (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
    if owner is not None and owner["kind"] == "DaemonSet" and not ended:
        if not ignore_daemon_sets:
            return Verdict(False, error="cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)")
        return Verdict(False, "ignoring DaemonSet-managed Pods")
    if ended:
        return Verdict(True)
    holds_data = any("emptyDir" in volume for volume in (pod.get("spec") or {}).get("volumes") or ())
    if holds_data and not delete_data:
        return Verdict(False, error="cannot delete Pods with local storage (use --delete-emptydir-data to override)")
    if owner is None:
        if not force:
            return Verdict(False, error="cannot delete Pods that declare no controller (use --force to override)")
        return Verdict(True, "deleting Pods that declare no controller")
    return Verdict(True)


async def _evict(call: Call, resource: Resource, pod: JSON) -> None:
    """Evict one pod, again and again while a disruption budget holds it, and wait until it has gone."""
    metadata = pod["metadata"]
    target = targets.of_object(resource, pod)
    options: JSON = {}
    if call.flags.number("grace-period") >= 0:
        options["gracePeriodSeconds"] = call.flags.number("grace-period")
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": target.name, "namespace": target.namespace},
        "deleteOptions": options,
    }
    call.context.say(f"evicting pod {target.namespace}/{target.name}")
    while True:
        try:
            if call.flags.on("disable-eviction"):
                await call.context.server.call("DELETE", target.path, options)
            else:
                path = resource.path(target.namespace, target.name, "eviction")
                answer = await call.context.server.call("POST", path, eviction)
                if decoded(answer).get("status") == "Failure":  # of a pod with several budgets
                    raise refusal(500, answer)
            break
        except ApiError as error:
            if error.not_found:
                return
            if error.code != 429:
                raise
            name = f'"{target.name}" -n "{target.namespace}"'
            call.context.complain(f"error when evicting pods/{name} (will retry after {AGAIN_S:g}s): {error.message}")
            await asyncio.sleep(AGAIN_S)
    await waiting.until(call.context, target, waiting.gone(metadata.get("uid", "")), None)
    call.context.say(f"pod/{target.name} evicted")


COMMAND = Command("NODE", "Drain node in preparation for maintenance", FLAGS, run)
