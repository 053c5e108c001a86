"""Pods behind names: which pod of a workload is meant, and which of its containers. Choosing is pure."""

from collections.abc import Sequence
from typing import Any

from pyk3s.kubectl import naming, targets
from pyk3s.kubectl.command import Call
from pyk3s.kubectl.context import Context
from pyk3s.kubectl.errors import CommandError

JSON = dict[str, Any]
DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"


async def find(call: Call, word: str, *, for_logs: bool = False) -> JSON:
    """The pod that `NAME` or `TYPE/NAME` means; of a workload one of its pods. Raises CommandError, ApiError."""
    context = call.context
    words = [word] if "/" in word else ["pods", word]
    [selected] = naming.select(await context.discovery(), naming.asked(words))
    obj = await context.server.get(selected.resource.path(context.namespace, selected.names[0]))
    if selected.resource.kind == "Pod":
        return obj
    found = ordered(await of(context, {**obj, "kind": selected.resource.kind}), for_logs=for_logs)
    if not found:
        raise CommandError("timed out waiting for the condition")
    if for_logs and len(found) > 1:
        context.complain(f"Found {len(found)} pods, using pod/{found[0]['metadata']['name']}")
    return found[0]


async def of(context: Context, obj: JSON) -> list[JSON]:
    """The pods that a workload or service selects; raises CommandError where it selects none by its nature."""
    selector = selector_text(obj)
    if selector is None:
        raise CommandError(f"cannot attach to *{obj['kind']}: selector of the object is missing or empty")
    resource = (await context.discovery()).find("pods")
    return await targets.listed(context, resource, obj["metadata"]["namespace"], {"labelSelector": selector})


def selector_text(obj: JSON) -> str | None:
    """The selector of an object's pods as text, or None where it has none."""
    selector = (obj.get("spec") or {}).get("selector")
    if not isinstance(selector, dict):
        return None
    if obj.get("kind") in ("Service", "ReplicationController"):
        selector = {"matchLabels": selector}
    terms = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for each in selector.get("matchExpressions") or ():
        listed = ",".join(each.get("values") or ())
        forms = {"In": f"{each['key']} in ({listed})", "NotIn": f"{each['key']} notin ({listed})"}
        terms.append(forms.get(each["operator"]) or ("!" if each["operator"] == "DoesNotExist" else "") + each["key"])
    return ",".join(terms) or None


def ordered(pods: Sequence[JSON], *, for_logs: bool) -> list[JSON]:
    """Pods, the best to look into first: assigned, running, ready; the newest for logs, else the oldest."""
    newest_first = sorted(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp")), reverse=for_logs)
    return sorted(newest_first, key=_rank)


def _rank(pod: JSON) -> tuple[bool, int, bool]:
    status = pod.get("status") or {}
    phases = {"Running": 0, "Unknown": 1, "Pending": 2}
    return (not (pod.get("spec") or {}).get("nodeName"), phases.get(status.get("phase", ""), 3), not ready(pod))


def ready(pod: JSON) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions)


def containers(pod: JSON) -> list[str]:
    """The names of all containers: plain, init and ephemeral ones."""
    spec = pod.get("spec") or {}
    listed = (spec.get(field) or () for field in ("containers", "initContainers", "ephemeralContainers"))
    return [each["name"] for field in listed for each in field]


def container(call: Call, pod: JSON, wanted: str = "", *, quiet: bool = False) -> str:
    """The container that is meant; raises CommandError where the pod has none of that name."""
    names = containers(pod)
    if wanted:
        if wanted not in names:
            raise CommandError(f"container {wanted} is not valid for pod {pod['metadata']['name']}")
        return wanted
    default = (pod["metadata"].get("annotations") or {}).get(DEFAULT_CONTAINER)
    if default in names:
        return str(default)
    if len(names) > 1 and not quiet:
        call.context.complain(f'Defaulted container "{names[0]}" out of: {", ".join(_labelled(pod))}')
    return names[0]


def _labelled(pod: JSON) -> list[str]:
    spec = pod.get("spec") or {}
    found = [each["name"] for each in spec.get("containers") or ()]
    found += [f"{each['name']} (init)" for each in spec.get("initContainers") or ()]
    return found + [f"{each['name']} (ephem)" for each in spec.get("ephemeralContainers") or ()]


def path(pod: JSON, subresource: str = "") -> str:
    """The path of a pod, or of a part of it."""
    metadata = pod["metadata"]
    base = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
    return f"{base}/{subresource}" if subresource else base
