"""`kubectl scale`: sets how many replicas there are to be, through the scale sub-resource."""

from pyk3s.client.errors import ApiError
from pyk3s.kubectl import manifests, results, targets, waiting
from pyk3s.kubectl.arguments import DURATION, NUMBER, Flag
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.errors import CommandError, told
from pyk3s.kubectl.server import MERGE

FLAGS = (
    *manifests.FLAGS,
    *results.FLAGS,
    targets.SELECTOR,
    targets.ALL,
    Flag("replicas", "", NUMBER, "0", text="How many there are to be"),
    Flag("current-replicas", "", NUMBER, "-1", text="Scale only if there are to be this many now"),
    Flag("resource-version", text="Scale only this version of the object"),
    Flag("timeout", "", DURATION, "0s", text="Wait so long until as many exist"),
)


async def run(call: Call) -> int:
    flags = call.flags
    if not flags.given("replicas"):
        raise CommandError('required flag(s) "replicas" not set')
    if flags.number("replicas") < 0:
        raise CommandError("The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0")
    found, status = results.Results(call), 0
    try:
        scaled = await targets.named(call, call.words)
    except ApiError as error:
        raise CommandError(f"no objects passed to scale {error.message}") from error
    for target in scaled:
        try:
            await _scale(call, target, found)
        except ApiError as error:
            call.context.complain(told(error))
            status = 1
    return status


async def _scale(call: Call, target: targets.Target, found: results.Results) -> None:
    flags, server, resource = call.flags, call.context.server, target.resource
    path = resource.path(target.namespace, target.name, "scale")
    wanted = flags.number("replicas")
    _check(call, target)
    if results.dry_run(call) == results.CLIENT:
        found.done(resource, target.object, "scaled")
        return
    patch: dict[str, object] = {"spec": {"replicas": wanted}}
    if flags.text("resource-version"):
        patch["metadata"] = {"resourceVersion": flags.text("resource-version")}
    await server.json("PATCH", path, patch, results.query(call), content_type=MERGE)
    if timeout := flags.seconds("timeout"):
        try:
            await waiting.until(call.context, target, lambda obj: _reached(obj, wanted), timeout)
        except waiting.TimedOut as error:
            raise CommandError("timed out waiting for the condition") from error
    obj = target.object if found.human else await server.get(target.path)
    found.done(resource, obj, "scaled")


def _check(call: Call, target: targets.Target) -> None:
    flags = call.flags
    there = (target.object.get("spec") or {}).get("replicas", 1)
    if flags.number("current-replicas") != -1 and there != flags.number("current-replicas"):
        raise CommandError(f"Expected replicas to be {flags.number('current-replicas')}, was {there}")


def _reached(obj: dict[str, object] | None, wanted: int) -> bool:
    status = (obj or {}).get("status")
    return isinstance(status, dict) and status.get("replicas", 0) == wanted


COMMAND = Command(
    "[--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME)",
    "Set a new size for a deployment, replica set, or replication controller",
    FLAGS,
    run,
)
