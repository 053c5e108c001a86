"""`kubectl taint`: KEY=VALUE:EFFECT adds a taint to nodes, KEY[:EFFECT]- removes."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pyk3s.kubectl import results, targets
from pyk3s.kubectl.arguments import SWITCH, Flag
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.errors import CommandError, usage
from pyk3s.kubectl.server import MERGE

JSON = dict[str, Any]
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
FLAGS = (
    *results.FLAGS,
    results.VALIDATE,
    targets.SELECTOR,
    targets.ALL,
    Flag("overwrite", "", SWITCH, text="Replace what is there"),
    Flag("field-manager", default="kubectl-taint", text="Name under which fields are owned"),
)


class Taints(NamedTuple):
    """What to add, and (key, effect or nothing) of what to remove."""

    added: list[JSON]
    removed: list[tuple[str, str]]


async def run(call: Call) -> int:
    place = next(
        (at for at, word in enumerate(call.words) if "=" in word or ":" in word or (at and word.endswith("-"))), None
    )
    named, specs = (call.words, []) if place is None else (call.words[:place], call.words[place:])
    if not named:
        raise CommandError("one or more resources must be specified as <resource> <name>")
    if not specs:
        raise CommandError("at least one taint update is required")
    wanted = parse(specs)
    found = results.Results(call)
    for target in await targets.named(call, named):
        if target.resource.kind != "Node":
            raise CommandError(f"invalid resource type {target.resource.plural}, only node(s) is supported")
        before = target.object["spec"].get("taints") or []
        after, operation = changed(before, wanted, target.name, overwrite=call.flags.on("overwrite"))
        obj = {**target.object, "spec": {**target.object["spec"], "taints": after}}
        if results.dry_run(call) != results.CLIENT:
            patch = {
                "spec": {"taints": after or None},
                "metadata": {"resourceVersion": target.object["metadata"]["resourceVersion"]},
            }
            query = results.query(call, "kubectl-taint")
            obj = await call.context.server.json("PATCH", target.path, patch, query, content_type=MERGE)
        found.done(target.resource, obj, operation)
    return 0


def parse(specs: Sequence[str]) -> Taints:
    """The changes that words ask for; raises CommandError."""
    taints = Taints([], [])
    for spec in specs:
        if spec.endswith("-"):
            key, _, effect = spec[:-1].partition(":")
            taints.removed.append((key.partition("=")[0], _effect(effect) if effect else ""))
            continue
        pair, colon, effect = spec.rpartition(":")
        key, _, value = pair.partition("=")
        if not colon or not key:
            raise usage(f"invalid taint spec: {spec}", "taint")
        taints.added.append({"key": key, **({"value": value} if value else {}), "effect": _effect(effect)})
    return taints


def _effect(effect: str) -> str:
    if effect not in EFFECTS:
        raise usage(f"invalid taint effect: {effect}, unsupported taint effect", "taint")
    return effect


def changed(before: list[JSON], wanted: Taints, node: str, *, overwrite: bool) -> tuple[list[JSON], str]:
    """The taints afterwards, and what to call the change; raises CommandError."""
    there = {(each["key"], each["effect"]) for each in before}
    added = {(each["key"], each["effect"]) for each in wanted.added}
    if not overwrite and there & added:
        raise CommandError(f"node {node} already has a taint(s) with same effect(s) and --overwrite is false")
    for key, effect in wanted.removed:
        if not any(key == each["key"] and effect in ("", each["effect"]) for each in before):
            raise CommandError(f'taint "{key}{":" if effect else ""}{effect}" not found')
    kept = [each for each in before if (each["key"], each["effect"]) not in added]
    kept = [
        each
        for each in kept
        if not any(key == each["key"] and effect in ("", each["effect"]) for key, effect in wanted.removed)
    ]
    operation = (
        "modified" if there & added or (wanted.added and wanted.removed) else "tainted" if wanted.added else "untainted"
    )
    return wanted.added + kept, operation


COMMAND = Command(
    "NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N",
    "Update the taints on one or more nodes",
    FLAGS,
    run,
)
