"""`kubectl rollout`: status, history, undo, restart, pause and resume of Deployments, DaemonSets and StatefulSets."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from pyk3s.client.errors import ApiError
from pyk3s.kubectl import manifests, pods, results, rollouts, tabwriter, targets, waiting
from pyk3s.kubectl.arguments import DURATION, NUMBER, SWITCH, Flag
from pyk3s.kubectl.command import Call, Command, Group
from pyk3s.kubectl.describing import templates
from pyk3s.kubectl.describing.writer import Writer
from pyk3s.kubectl.errors import CommandError
from pyk3s.kubectl.server import JSON_PATCH, MERGE, STRATEGIC
from pyk3s.lib import timestamps

JSON = dict[str, Any]
SELECTING = (*manifests.FLAGS, targets.SELECTOR)
RESTARTED = "kubectl.kubernetes.io/restartedAt"
NO_HASH = ("pod-template-hash",)


async def _named(call: Call) -> list[targets.Target]:
    return await targets.named(call, call.words, nothing="required resource not specified")


async def status(call: Call) -> int:
    timeout = call.flags.seconds("timeout") or None
    for target in await _named(call):
        await _watch_status(call, target, timeout)
    return 0


async def _watch_status(call: Call, target: targets.Target, timeout: float | None) -> None:
    said = ""

    def over(obj: JSON | None) -> bool:
        nonlocal said
        if obj is None:
            raise CommandError("object has been deleted")
        progress = rollouts.progress({**obj, "kind": target.resource.kind}, call.flags.number("revision"))
        if progress.text != said:
            said = progress.text
            call.context.say(said)
            call.context.out.flush()
        return progress.done or not call.flags.on("watch")

    try:
        await waiting.until(call.context, target, over, timeout)
    except waiting.TimedOut as error:
        raise CommandError("timed out waiting for the condition") from error


async def history(call: Call) -> int:
    wanted = call.flags.number("revision")
    for target in await _named(call):
        found = await _revisions(call, target)
        shown = target.shown
        if not found:
            call.context.say(f"{shown} {f'with revision #{wanted}' if wanted else ''}\nNo rollout history found.")
        elif wanted:
            revision = next((each for each in found if each.number == wanted), None)
            if revision is None:
                raise CommandError("unable to find the specified revision")
            call.context.say(f"{shown} with revision #{wanted}")
            writer = Writer()
            templates.pod_template(writer, revision.template)
            call.context.say(writer.text().rstrip("\n") + "\n")
        else:
            rows = ["REVISION\tCHANGE-CAUSE", *(f"{each.number}\t{each.cause or '<none>'}" for each in found)]
            call.context.say(f"{shown} \n" + tabwriter.align("\n".join(rows)) + "\n")
    return 0


async def _revisions(call: Call, target: targets.Target) -> list[rollouts.Revision]:
    """The revisions that a workload's controller has kept; raises CommandError for other kinds."""
    kind = target.resource.kind
    if kind not in rollouts.KINDS:
        raise CommandError(f"no history viewer has been implemented for {kind}")
    discovery = await call.context.discovery()
    keeper = discovery.find("replicasets.apps" if kind == "Deployment" else "controllerrevisions.apps")
    selector = pods.selector_text({**target.object, "kind": kind}) or ""
    kept = await targets.listed(call.context, keeper, target.namespace, {"labelSelector": selector})
    uid = target.object["metadata"]["uid"]
    own = [each for each in kept if any(owner["uid"] == uid for owner in each["metadata"].get("ownerReferences") or ())]
    return rollouts.of_replica_sets(own) if kind == "Deployment" else rollouts.of_controller_revisions(own)


async def undo(call: Call) -> int:
    found = results.Results(call)
    for target in await _named(call):
        if target.object["spec"].get("paused"):
            raise CommandError(
                "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again"
            )
        revision = rollouts.chosen(
            await _revisions(call, target),
            call.flags.number("to-revision"),
            f'{target.resource.singular} "{target.name}"',
        )
        template = _without_hash(revision.template)
        if template == _without_hash(target.object["spec"]["template"]):
            call.context.say(
                f"{target.shown} skipped rollback (current template already matches revision {revision.number})"
            )
            continue
        patch = [{"op": "replace", "path": "/spec/template", "value": template}]
        obj = target.object
        if results.dry_run(call) != results.CLIENT:
            obj = await call.context.server.json(
                "PATCH", target.path, patch, results.query(call, "kubectl-rollout"), content_type=JSON_PATCH
            )
        found.done(target.resource, obj, "rolled back")
    return 0


def _without_hash(template: JSON) -> JSON:
    metadata = template.get("metadata") or {}
    labels = {key: value for key, value in (metadata.get("labels") or {}).items() if key not in NO_HASH}
    kept = {key: value for key, value in metadata.items() if value is not None}
    return {**template, "metadata": {**kept, "labels": labels}}


async def restart(call: Call) -> int:
    return await _patched(call, "restarted", _restarting)


def _restarting(target: targets.Target) -> JSON:
    if target.resource.kind not in rollouts.KINDS:
        raise CommandError(f'{target.resource.qualified} "{target.name}" restarting is not supported')
    if target.object["spec"].get("paused"):
        shown = f'{target.resource.qualified} "{target.name}"'
        raise CommandError(f"{shown} can't restart paused deployment (run rollout resume first)")
    now = timestamps.rfc3339(time.time())
    template = target.object["spec"]["template"]
    if ((template.get("metadata") or {}).get("annotations") or {}).get(RESTARTED) == now:
        raise CommandError(
            f"failed to create patch for {target.name}: if restart has already been triggered within the past second, "
            "please wait before attempting to trigger another"
        )
    return {"spec": {"template": {"metadata": {"annotations": {RESTARTED: now}}}}}


async def pause(call: Call) -> int:
    return await _patched(call, "paused", lambda target: _pausing(target, True))


async def resume(call: Call) -> int:
    return await _patched(call, "resumed", lambda target: _pausing(target, False))


def _pausing(target: targets.Target, wanted: bool) -> JSON:
    shown = f'{target.resource.qualified} "{target.name}"'
    if target.resource.kind != "Deployment":
        raise CommandError(f"{shown} {'pausing' if wanted else 'resuming'} is not supported")
    if bool(target.object["spec"].get("paused")) == wanted:
        raise CommandError(f"{shown} is already paused" if wanted else f"{shown} is not paused")
    return {"spec": {"paused": wanted or None}}


async def _patched(call: Call, did: str, change: Callable[[targets.Target], JSON]) -> int:
    found, failed = results.Results(call), False
    for target in await _named(call):
        try:
            content_type = MERGE if did != "restarted" else STRATEGIC
            query = results.query(call, "kubectl-rollout")
            obj = await call.context.server.json("PATCH", target.path, change(target), query, content_type=content_type)
            found.done(target.resource, obj, did)
        except (CommandError, ApiError) as error:
            call.context.complain(f"error: {error.message if isinstance(error, ApiError) else error}")
            failed = True
    return 1 if failed else 0


def _command(summary: str, run: Callable[[Call], Awaitable[int]], *flags: Flag) -> Command:
    return Command("(TYPE NAME | TYPE/NAME) [flags]", summary, (*SELECTING, *flags), run)


_FORMS = (results.OUTPUT, results.MANAGERS, results.MISSING_KEYS)
COMMAND = Group(
    "Manage the rollout of one or many resources",
    {
        "status": _command(
            "Show the status of the rollout",
            status,
            Flag("watch", "w", SWITCH, "true", text="Go on until it is over"),
            Flag("timeout", "", DURATION, "0s", text="How long to go on; 0 is for ever"),
            Flag("revision", "", NUMBER, "0", text="End if another revision is rolled out"),
        ),
        "history": _command("View rollout history", history, Flag("revision", "", NUMBER, "0", text="Show this one")),
        "undo": _command(
            "Undo a previous rollout",
            undo,
            *results.FLAGS,
            Flag("to-revision", "", NUMBER, "0", text="The revision to go back to; 0 is the last but one"),
        ),
        "restart": _command("Restart a resource", restart, *_FORMS),
        "pause": _command("Mark the provided resource as paused", pause, *_FORMS),
        "resume": _command("Resume a paused resource", resume, *_FORMS),
    },
)
