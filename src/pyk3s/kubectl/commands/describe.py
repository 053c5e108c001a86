"""`kubectl describe`: objects told in words, with the events about them."""

import time
from collections.abc import AsyncIterator
from typing import Any

from pyk3s.client.errors import ApiError
from pyk3s.kubectl import manifests, naming, pods, targets
from pyk3s.kubectl.arguments import NUMBER, SWITCH, Flag
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.describing import table
from pyk3s.kubectl.describing.writer import Related
from pyk3s.kubectl.errors import CommandError, told

JSON = dict[str, Any]
FLAGS = (
    *manifests.FLAGS,
    targets.SELECTOR,
    targets.ALL_NAMESPACES,
    Flag("show-events", "", SWITCH, "true", text="Tell the events too"),
    Flag("chunk-size", "", NUMBER, "500", text="Accepted: 500 objects are asked for at a time"),
)
NO_TYPE = (
    'You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported '
    "resources."
)


async def run(call: Call) -> int:
    if not call.words and not manifests.wanted(call):
        raise CommandError(NO_TYPE)
    shown, failed = 0, False
    try:
        async for target, exact in _targets(call):
            text = await describe(call, target)
            call.context.out.write("\n\n" * bool(shown and exact) + text + "\n" * (not exact))
            shown += 1
    except ApiError as error:
        failed = True
        call.context.complain(told(error))
    if not shown and not failed:
        where = "" if call.flags.on("all-namespaces") else f" in {call.context.namespace} namespace."
        call.context.complain(f"No resources found{where}")
    return 1 if failed else 0


async def _targets(call: Call) -> AsyncIterator[tuple[targets.Target, bool]]:
    """The objects named, and whether by their whole name: a name that is none may be the beginning of names."""
    if manifests.wanted(call):
        async for target in targets.each(call, call.words):
            yield target, True
        return
    context = call.context
    selector = {"labelSelector": call.flags.text("selector")} if call.flags.text("selector") else {}
    for resource, names in naming.select(await context.discovery(), naming.asked(call.words)):
        everywhere = call.flags.on("all-namespaces") or not resource.namespaced
        namespace = "" if everywhere else context.namespace
        if not names:
            for obj in await targets.listed(context, resource, namespace, selector):
                yield targets.of_object(resource, obj), True
        for name in names:
            for obj in await _by_name(call, resource, namespace, name):
                yield targets.of_object(resource, obj), obj["metadata"]["name"] == name


async def _by_name(call: Call, resource: Any, namespace: str, name: str) -> list[JSON]:
    try:
        return [await call.context.server.get(resource.path(namespace, name))]
    except ApiError as error:
        if not error.not_found:
            raise
        found = await targets.listed(call.context, resource, namespace, {})
        alike = [obj for obj in found if obj["metadata"]["name"].startswith(name)]
        if not alike:
            raise
        return alike


async def describe(call: Call, target: targets.Target) -> str:
    """The description of one object."""
    entry = table.find(target.resource.group, target.resource.kind)
    return entry.load()(target.object, await _related(call, target, entry.wants))


async def _related(call: Call, target: targets.Target, wants: tuple[str, ...]) -> Related:
    related = Related(now=time.time(), events=None)
    if table.EVENTS in wants and call.flags.on("show-events"):
        related = related._replace(events=await _events(call, target))
    if table.PODS in wants:
        owned = await _listed(call, "pods", target.namespace, labels=pods.selector_text(target.object) or "")
        related = related._replace(pods=[each for each in owned if _owned(each, target)])
    if table.NODE_PODS in wants:
        related = related._replace(pods=await _listed(call, "pods", "", fields=f"spec.nodeName={target.name}"))
    if table.CLAIM_PODS in wants:
        related = related._replace(pods=await _listed(call, "pods", target.namespace))
    if table.SETS in wants:
        labels = pods.selector_text(target.object) or ""
        related = related._replace(sets=await _listed(call, "replicasets.apps", target.namespace, labels=labels))
    if table.SLICES in wants:
        labels = f"kubernetes.io/service-name={target.name}"
        slices = await _listed(call, "endpointslices.discovery.k8s.io", target.namespace, labels=labels)
        related = related._replace(slices=slices)
    if table.BACKENDS in wants:
        services = await _listed(call, "services", target.namespace)
        slices = await _listed(call, "endpointslices.discovery.k8s.io", target.namespace)
        related = related._replace(services=services, slices=slices)
    if table.QUOTAS in wants:
        quotas, limits = [await _listed(call, kind, target.name) for kind in ("resourcequotas", "limitranges")]
        related = related._replace(quotas=quotas, limits=limits)
    if table.LEASE in wants:
        related = related._replace(lease=await _lease(call, target.name))
    return related


def _owned(obj: JSON, target: targets.Target) -> bool:
    uid = target.object["metadata"].get("uid")
    return any(owner.get("uid") == uid for owner in obj["metadata"].get("ownerReferences") or ())


async def _listed(call: Call, kind: str, namespace: str, *, labels: str = "", fields: str = "") -> list[JSON]:
    resource = (await call.context.discovery()).find(kind)
    query = {"labelSelector": labels} if labels else {"fieldSelector": fields} if fields else {}
    return await targets.listed(call.context, resource, namespace, query)


async def _events(call: Call, target: targets.Target) -> list[JSON]:
    kind, uid = target.resource.kind, target.object["metadata"].get("uid", "")
    if kind == "Node":
        uid = ""  # a kubelet that has just begun knows its name alone
    terms = {"name": target.name, "namespace": target.namespace, "kind": kind, "uid": uid}
    fields = ",".join(f"involvedObject.{name}={value}" for name, value in terms.items() if value)
    return await _listed(call, "events", target.namespace, fields=fields)


async def _lease(call: Call, name: str) -> JSON | str:
    try:
        return await call.context.server.get(f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{name}")
    except ApiError as error:
        return error.message


COMMAND = Command(
    "(-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)",
    "Show details of a specific resource or group of resources",
    FLAGS,
    run,
)
