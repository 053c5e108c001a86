"""`kubectl delete`: by file, name or selector; waits until what was deleted is gone."""

from typing import Any, NamedTuple

from pyk3s.client.errors import ApiError
from pyk3s.kubectl import manifests, naming, results, targets, waiting
from pyk3s.kubectl.arguments import DURATION, NUMBER, SWITCH, Flag
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.errors import CommandError, told

JSON = dict[str, Any]
FLAGS = (
    *manifests.FLAGS,
    targets.SELECTOR,
    targets.FIELD_SELECTOR,
    targets.ALL_NAMESPACES,
    targets.ALL,
    results.DRY_RUN,
    Flag("output", "o", text="name shows names alone"),
    Flag("grace-period", "", NUMBER, "-1", text="Seconds to end in; 1 is at once, 0 with --force"),
    Flag("force", "", SWITCH, text="Do not wait for an end in order"),
    Flag("now", "", SWITCH, text="As --grace-period=1"),
    Flag("wait", "", SWITCH, "true", text="Wait until it is gone"),
    Flag("timeout", "", DURATION, "0s", text="How long to wait; 0 is for ever"),
    Flag("cascade", default="background", text="background, foreground or orphan", bare="background"),
    Flag("ignore-not-found", "", SWITCH, text="What is not there is no error"),
    Flag("interactive", "i", SWITCH, text="Refused: name what is to be deleted"),
    Flag("raw", text="Delete this path"),
)
POLICIES = {
    "background": "Background",
    "foreground": "Foreground",
    "orphan": "Orphan",
    "true": "Background",
    "false": "Orphan",
}
AT_ONCE = (
    "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. "
    "The resource may continue to run on the cluster indefinitely."
)


class _Deleted(NamedTuple):
    target: targets.Target
    uid: str


async def run(call: Call) -> int:
    flags, context = call.flags, call.context
    if flags.text("raw"):
        context.write(await context.server.call("DELETE", flags.text("raw")))
        return 0
    options = _options(call)
    found = await _targets(call)
    if flags.on("force") and flags.number("grace-period") <= 0 and results.dry_run(call) == results.NONE:
        context.complain(AT_ONCE)
    if context.namespace_given and any(not target.resource.namespaced for target in found):
        context.complain("Warning: deleting cluster-scoped resources, not scoped to the provided namespace")
    deletion = _Deletion(call, options)
    for target in found:
        await deletion.one(target)
    if not found:
        context.say("No resources found")
    if flags.on("wait") and results.dry_run(call) == results.NONE:
        await deletion.wait()
    return 1 if deletion.failed else 0


def _options(call: Call) -> JSON:
    """The DeleteOptions; raises CommandError for flags that do not go together."""
    flags = call.flags
    if flags.on("interactive"):
        raise CommandError("-i is refused by the built-in kubectl: name what is to be deleted")
    if flags.text("output") not in ("", "name"):
        raise CommandError(f"unexpected -o output mode: {flags.text('output')}. We only support '-o name'")
    policy = POLICIES.get(flags.text("cascade"))
    if policy is None:
        raise CommandError(
            f'invalid cascade value ({flags.text("cascade")}). Must be "background", "foreground", or "orphan"'
        )
    grace = flags.number("grace-period")
    if flags.on("now"):
        if grace != -1:
            raise CommandError("--now and --grace-period cannot be specified together")
        grace = 1
    if grace == 0 and not flags.on("force"):
        grace = 1  # at once, and yet waited for
    if flags.on("force") and grace < 0:
        grace = 0
    if flags.on("force") and grace > 0:
        raise CommandError("--force and --grace-period greater than 0 cannot be specified together")
    options: JSON = {"propagationPolicy": policy}
    if grace >= 0:
        options["gracePeriodSeconds"] = grace
    if results.dry_run(call) == results.SERVER:
        options["dryRun"] = ["All"]
    return options


async def _targets(call: Call) -> list[targets.Target]:
    """What to delete. Names are not looked up; selectors are."""
    flags, words = call.flags, call.words
    if manifests.wanted(call):
        if words:
            raise CommandError(
                "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well"
            )
        return [await targets.target_of(call, manifest) for manifest in manifests.read(call)]
    if not words:
        raise CommandError(targets.NOTHING_NAMED)
    if flags.on("all") and (flags.text("selector") or flags.text("field-selector")):
        raise CommandError("setting 'all' parameter but found a non empty selector. ")
    selected = naming.select(await call.context.discovery(), naming.asked(words))
    if not any(each.names for each in selected):
        return await targets.named(call, words)
    if flags.on("all") or flags.text("selector") or flags.text("field-selector"):
        raise CommandError("name cannot be provided when a selector is specified")
    if flags.on("all-namespaces") and any(each.resource.namespaced for each in selected):
        raise CommandError("a resource cannot be retrieved by name across all namespaces")
    here = call.context.namespace
    return [
        targets.Target(each.resource, here if each.resource.namespaced else "", name, {})
        for each in selected
        for name in each.names
    ]


class _Deletion:
    """One run over all targets."""

    def __init__(self, call: Call, options: JSON):
        self._call, self._options = call, options
        self._deleted: list[_Deleted] = []
        self._run_dry = results.dry_run(call)
        self.failed = False

    async def one(self, target: targets.Target) -> None:
        uid = ""
        try:
            if self._run_dry != results.CLIENT:
                answer = await self._call.context.server.json("DELETE", target.path, self._options)
                uid = (answer.get("metadata") or {}).get("uid") or (answer.get("details") or {}).get("uid", "")
        except ApiError as error:
            if error.not_found and self._call.flags.on("ignore-not-found"):
                return
            self.failed = True
            self._call.context.complain(told(_beside(error, target.source)))
            return
        self._deleted.append(_Deleted(target, uid))
        self._say(target)

    def _say(self, target: targets.Target) -> None:
        if self._call.flags.text("output") == "name":
            self._call.context.say(target.shown)
            return
        forced = self._options.get("gracePeriodSeconds") == 0
        suffix = {results.CLIENT: " (dry run)", results.SERVER: " (server dry run)"}.get(self._run_dry, "")
        self._call.context.say(f'{target.resource.shown} "{target.name}" {"force " * forced}deleted{suffix}')

    async def wait(self) -> None:
        """Until everything is gone; raises CommandError when that takes too long."""
        timeout = self._call.flags.seconds("timeout") or None
        for each in self._deleted:
            if "list" not in each.target.resource.verbs:
                continue
            try:
                await waiting.until(self._call.context, each.target, waiting.gone(each.uid), timeout)
            except waiting.TimedOut as error:
                shown = f"{each.target.resource.plural}/{each.target.name}"
                raise CommandError(f"timed out waiting for the condition on {shown}") from error
            except ApiError as error:
                if error.code not in (401, 403):  # who may delete but not look has to do without waiting
                    raise


def _beside(error: ApiError, source: str) -> ApiError:
    if not source:
        return error
    return ApiError(error.code, error.reason, f'error when deleting "{source}": {error.message}', error.details)


COMMAND = Command("([-f FILENAME] | TYPE [(NAME | -l label | --all)])", "Delete resources", FLAGS, run)
