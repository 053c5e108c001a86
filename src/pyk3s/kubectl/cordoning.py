"""Nodes that take no new pods: shared by cordon, uncordon and drain."""

from pyk3s.kubectl import results, targets
from pyk3s.kubectl.command import Call
from pyk3s.kubectl.errors import CommandError, usage
from pyk3s.kubectl.server import MERGE

FLAGS = (results.DRY_RUN, targets.SELECTOR)


async def nodes(call: Call) -> list[targets.Target]:
    """The nodes named or selected; raises CommandError, ApiError."""
    name = call.path.split()[0]
    if not call.words and not call.flags.text("selector"):
        raise usage(f"USAGE: {name} NODE [flags]", name)
    if call.words and call.flags.text("selector"):
        raise CommandError("error: cannot specify both a node name and a --selector option")
    words = call.words if any("/" in word for word in call.words) else ["nodes", *call.words]
    return await targets.named(call, words)


async def mark(call: Call, node: targets.Target, *, unschedulable: bool) -> None:
    """Make a node take new pods or not, and say so."""
    did = "cordoned" if unschedulable else "uncordoned"
    found = results.Results(call)
    if bool(node.object["spec"].get("unschedulable")) == unschedulable:
        call.context.say(f"{node.shown} already {did}")
        return
    if results.dry_run(call) != results.CLIENT:
        patch = {"spec": {"unschedulable": unschedulable or None}}
        await call.context.server.json("PATCH", node.path, patch, results.query(call), content_type=MERGE)
    found.done(node.resource, node.object, did)
