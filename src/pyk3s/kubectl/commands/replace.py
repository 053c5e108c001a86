"""`kubectl replace`: puts the objects of files in the place of those that are there."""

from pyk3s.client.errors import ApiError
from pyk3s.kubectl import manifests, results, targets, waiting
from pyk3s.kubectl.arguments import DURATION, NUMBER, SWITCH, Flag
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.commands.create import beside
from pyk3s.kubectl.errors import CommandError, no_more_words, told
from pyk3s.kubectl.merging import last_applied

MANAGER = "kubectl-replace"
FLAGS = (
    *manifests.FLAGS,
    *results.FLAGS,
    results.VALIDATE,
    Flag("save-config", "", SWITCH, text="Keep the configuration in the annotation that apply uses"),
    Flag("force", "", SWITCH, text="Delete what is there and create it anew"),
    Flag("grace-period", "", NUMBER, "-1", text="With --force, seconds to end in"),
    Flag("timeout", "", DURATION, "0s", text="With --force, how long to wait for the end"),
    Flag("subresource", text="Replace this part: status, scale"),
    Flag("field-manager", default=MANAGER, text="Name under which fields are owned"),
)


async def run(call: Call) -> int:
    no_more_words(call.words, call.path)
    if not manifests.wanted(call):
        raise CommandError("must specify one of -f and -k")
    found, failed = results.Results(call), False
    for target in await targets.of_files(call):
        try:
            if call.flags.on("force"):
                await _remove(call, target)
            await _replace(call, target, found)
        except ApiError as error:
            failed = True
            call.context.complain(told(beside(error, "replacing", target.source)))
    return 1 if failed else 0


async def _replace(call: Call, target: targets.Target, found: results.Results) -> None:
    obj = target.object
    if call.flags.on("save-config") or last_applied.of(obj) is not None:
        obj = last_applied.annotated(obj)
    if results.dry_run(call) == results.CLIENT:
        found.done(target.resource, obj, "replaced")
        return
    query = results.query(call, MANAGER, validated=True)
    server = call.context.server
    if call.flags.on("force"):
        obj = await server.json("POST", target.resource.path(target.namespace), obj, query)
    else:
        path = target.resource.path(target.namespace, target.name, call.flags.text("subresource"))
        obj = await server.json("PUT", path, obj, query)
    found.done(target.resource, obj, "replaced")


async def _remove(call: Call, target: targets.Target) -> None:
    """Delete what is there and wait until it has gone."""
    live = await targets.existing(call.context, target)
    if live is None or results.dry_run(call) != results.NONE:
        return
    grace = call.flags.number("grace-period")
    options = {"propagationPolicy": "Background", "gracePeriodSeconds": 0 if grace < 0 else grace}
    await call.context.server.call("DELETE", target.path, options)
    call.context.say(f'{target.resource.shown} "{target.name}" deleted')
    try:
        gone = waiting.gone(live["metadata"].get("uid", ""))
        await waiting.until(call.context, target, gone, call.flags.seconds("timeout") or None)
    except waiting.TimedOut as error:
        raise CommandError(f"timed out waiting for the condition on {target.resource.plural}/{target.name}") from error


COMMAND = Command("-f FILENAME", "Replace a resource by file name or stdin", FLAGS, run)
