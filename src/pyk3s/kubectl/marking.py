"""`label` and `annotate`: KEY=VALUE sets, KEY- removes; what is there is overwritten only if that is asked for."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pyk3s.kubectl import manifests, results, targets
from pyk3s.kubectl.arguments import SWITCH, Flag
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.errors import CommandError
from pyk3s.kubectl.server import MERGE

JSON = dict[str, Any]


class Changes(NamedTuple):
    """What to set, and what to remove."""

    set: dict[str, str]
    removed: tuple[str, ...]


def split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words that name objects, and those that change."""
    for place, word in enumerate(words):
        if "=" in word or (word.endswith("-") and place):
            return list(words[:place]), list(words[place:])
    return list(words), []


def changes(words: Sequence[str], what: str) -> Changes:
    """The changes that words ask for; raises CommandError."""
    wanted: dict[str, str] = {}
    removed: list[str] = []
    for word in words:
        key, equals, value = word.partition("=")
        if equals and key:
            wanted[key] = value
        elif word.endswith("-") and len(word) > 1:
            removed.append(word[:-1])
        else:
            raise CommandError(
                f"unknown {what} spec: {word}"
                if what == "label"
                else f"all resources must be specified before {what} changes: {word}"
            )
    both = [key for key in removed if key in wanted]
    if both:
        raise CommandError(
            f"can not both modify and remove {'a ' if what == 'label' else 'an '}{what} in the same command"
        )
    return Changes(wanted, tuple(removed))


def merged(before: dict[str, str], wanted: Changes) -> dict[str, str]:
    """The marks with the changes made."""
    return {key: value for key, value in (before | wanted.set).items() if key not in wanted.removed}


def command(name: str, field: str, did: str, undid: str, summary: str) -> Command:
    """The command `name` for the field of metadata."""
    one = field.removesuffix("s")

    async def run(call: Call) -> int:
        named, rest = split(call.words)
        if call.flags.on("list"):
            return await _list(call, named, field)
        if not rest:
            raise CommandError(f"at least one {one} update is required")
        wanted = changes(rest, one)
        found = results.Results(call)
        targeted = await targets.named(
            call, named, nothing="one or more resources must be specified as <resource> <name> or <resource>/<name>"
        )
        for target in targeted:
            await _mark(call, found, target, wanted)
        return 0

    async def _mark(call: Call, found: results.Results, target: targets.Target, wanted: Changes) -> None:
        raw = target.object["metadata"].get(field)
        before = raw or {}
        if not call.flags.on("overwrite"):
            _refuse_overwriting(before, wanted, one)
        for key in wanted.removed:
            if key not in before and name == "label":
                call.context.say(f'{one} "{key}" not found.')
        after = merged(before, wanted)
        operation = _operation(raw, after)
        obj = target.object | {"metadata": target.object["metadata"] | {field: after}}
        if operation == f"not {did}" and name == "label":
            found.done(target.resource, target.object, operation)
            return
        if results.dry_run(call) != results.CLIENT:
            marks: dict[str, str | None] = {**wanted.set, **dict.fromkeys(wanted.removed)}
            patch: JSON = {"metadata": {field: marks}}
            if call.flags.text("resource-version"):
                patch["metadata"]["resourceVersion"] = call.flags.text("resource-version")
            query = results.query(call, f"kubectl-{name}")
            obj = await call.context.server.json("PATCH", target.path, patch, query, content_type=MERGE)
        found.done(target.resource, obj, operation)

    def _operation(before: dict[str, str] | None, after: dict[str, str]) -> str:
        """What to call the change; that all labels went, or that labels are now empty, counts as kubectl counts it."""
        if name != "label":
            return did
        if before == after:
            return f"not {did}"
        return undid if before and len(str(after)) < len(str(before)) else did

    flags = (
        *manifests.FLAGS,
        *results.FLAGS,
        targets.SELECTOR,
        targets.FIELD_SELECTOR,
        targets.ALL,
        targets.ALL_NAMESPACES,
        Flag("overwrite", "", SWITCH, text="Replace what is there"),
        Flag("list", "", SWITCH, text=f"Show the {field}"),
        Flag("resource-version", text="Change only this version of the object"),
        Flag("field-manager", default=f"kubectl-{name}", text="Name under which fields are owned"),
    )
    return Command("(-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N", summary, flags, run)


def _refuse_overwriting(before: dict[str, str], wanted: Changes, what: str) -> None:
    there = [key for key in wanted.set if key in before and before[key] != wanted.set[key]]
    if there and what == "label":
        key = there[0]
        raise CommandError(f"'{key}' already has a value ({before[key]}), and --overwrite is false")
    if there:
        listed = " ".join(f"'{key}' already has a value ({before[key]})" for key in there)
        raise CommandError(f"--overwrite is false but found the following declared annotation(s): {listed}")


async def _list(call: Call, named: Sequence[str], field: str) -> int:
    found = await targets.named(call, named)
    for target in found:
        if len(found) > 1:
            call.context.say(f"Listing {field} for {target.resource.kind}.{target.resource.group}/{target.name}:")
        marks = target.object["metadata"].get(field) or {}
        for key in sorted(marks):
            call.context.say(f"{' ' * (len(found) > 1)}{key}={marks[key]}")
    return 0
