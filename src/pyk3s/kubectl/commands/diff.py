"""`kubectl diff`: what applying files would change, worked out by the server without doing it."""

import difflib
from collections.abc import Iterator
from typing import Any

from pyk3s.kubectl import manifests, targets
from pyk3s.kubectl.arguments import SWITCH, Flag
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.commands.apply import CLIENT_MANAGER, SERVER_MANAGER, patch_of
from pyk3s.kubectl.errors import CommandError, no_more_words
from pyk3s.kubectl.merging import last_applied
from pyk3s.kubectl.printing import choosing, yaml_text
from pyk3s.kubectl.server import APPLY

JSON = dict[str, Any]
FLAGS = (
    *manifests.FLAGS,
    targets.SELECTOR,
    Flag("server-side", "", SWITCH, text="As server-side apply would do"),
    Flag("force-conflicts", "", SWITCH, text="With --server-side, take fields over from other managers"),
    Flag("field-manager", text="Name under which fields are owned"),
    Flag("show-managed-fields", "", SWITCH, text="Compare managedFields too"),
)


async def run(call: Call) -> int:
    """Shows differences; the status is 1 where there are some, as with diff itself."""
    no_more_words(call.words, call.path)
    if not manifests.wanted(call):
        raise CommandError("must specify one of -f and -k")
    differing = False
    for manifest in manifests.read(call):
        target = await targets.target_of(call, manifest)
        live = await targets.existing(call.context, target)
        wanted = await _outcome(call, target, live)
        lines = list(_lines(call, target, live, wanted))
        differing = differing or bool(lines)
        for line in lines:
            call.context.say(line)
    return 1 if differing else 0


async def _outcome(call: Call, target: targets.Target, live: JSON | None) -> JSON:
    """The object as it would be after applying."""
    server, manager = call.context.server, call.flags.text("field-manager")
    query = {"dryRun": "All", "fieldManager": manager or CLIENT_MANAGER}
    if call.flags.on("server-side"):
        query["fieldManager"] = manager or SERVER_MANAGER
        if call.flags.on("force-conflicts"):
            query["force"] = "true"
        return await server.json("PATCH", target.path, target.object, query, content_type=APPLY)
    annotated = last_applied.annotated(target.object)
    if live is None:
        return await server.json("POST", target.resource.path(target.namespace), annotated, query)
    patch, content_type = patch_of(target, annotated, live)
    return await server.json("PATCH", target.path, patch, query, content_type=content_type) if patch else live


def _lines(call: Call, target: targets.Target, live: JSON | None, wanted: JSON) -> Iterator[str]:
    resource = target.resource
    group = f"{resource.group}." if resource.group else ""
    name = f"{group}{resource.version}.{resource.kind}.{target.namespace}.{target.name}"
    before, after = ([] if each is None else _text(call, each).splitlines() for each in (live, wanted))
    yield from difflib.unified_diff(before, after, f"LIVE/{name}", f"MERGED/{name}", lineterm="")


def _text(call: Call, obj: JSON) -> str:
    """An object as it is compared: without what every write changes, and secrets hidden behind their length."""
    shown = obj if call.flags.on("show-managed-fields") else choosing.without_managers(obj)
    shown = last_applied.without(shown)
    if shown.get("kind") == "Secret" and isinstance(shown.get("data"), dict):
        shown = {**shown, "data": {key: f"*** ({hash_of(value)})" for key, value in shown["data"].items()}}
    return yaml_text.dump(shown)


def hash_of(value: Any) -> str:
    """A few letters that tell a value from another without telling it."""
    import hashlib

    return hashlib.sha256(str(value).encode()).hexdigest()[:8]


COMMAND = Command("-f FILENAME", "Diff the live version against a would-be applied version", FLAGS, run)
