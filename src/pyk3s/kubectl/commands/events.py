"""`kubectl events`: what happened, oldest first, of all objects or of one."""

import time
from typing import Any

import msgspec

from pyk3s.kubectl import results, targets
from pyk3s.kubectl.arguments import LIST, NUMBER, SWITCH, Flag
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.describing import writer
from pyk3s.kubectl.errors import CommandError, no_more_words
from pyk3s.kubectl.printing import choosing
from pyk3s.kubectl.tabwriter import Table

JSON = dict[str, Any]
FLAGS = (
    targets.ALL_NAMESPACES,
    results.OUTPUT,
    Flag("for", text="TYPE/NAME whose events to show"),
    Flag("types", "", LIST, text="Normal, Warning"),
    Flag("watch", "w", SWITCH, text="Go on showing what happens"),
    Flag("no-headers", "", SWITCH, text="Leave out the line of headers"),
    Flag("chunk-size", "", NUMBER, "500", text="Accepted: 500 objects are asked for at a time"),
)


async def run(call: Call) -> int:
    no_more_words(call.words, call.path)
    if any(each.lower() not in ("normal", "warning") for each in call.flags.many("types")):
        raise CommandError("valid --types are Normal or Warning")
    everywhere = call.flags.on("all-namespaces")
    resource = (await call.context.discovery()).find("events")
    namespace = "" if everywhere else call.context.namespace
    query = await _query(call)
    found = [each for each in await targets.listed(call.context, resource, namespace, query) if _wanted(call, each)]
    table = Table()
    headers = not call.flags.on("no-headers")
    if call.flags.text("output"):
        _print(call, found)
    elif found:
        call.context.out.write(table.text(_rows(call, sorted(found, key=writer.last_seen), headers=headers)))
    elif not call.flags.on("watch"):
        where = "." if everywhere else f" in {namespace} namespace."
        call.context.complain(f"No events found{where}")
    if call.flags.on("watch"):
        page = await call.context.server.get(resource.path(namespace), {**query, "limit": "1"})
        watching = {**query, "watch": "true", "resourceVersion": page["metadata"]["resourceVersion"]}
        call.context.out.flush()
        async for line in call.context.server.lines(resource.path(namespace), watching):
            event = msgspec.json.decode(line, type=dict)
            if event["type"] in ("ADDED", "MODIFIED") and _wanted(call, event["object"]):
                call.context.out.write(table.text(_rows(call, [event["object"]], headers=False)))
                call.context.out.flush()
    return 0


async def _query(call: Call) -> dict[str, str]:
    """The selector of events about one object."""
    wanted = call.flags.text("for")
    if not wanted:
        return {}
    type_, slash, name = wanted.partition("/")
    if not slash or not name:
        raise CommandError("--for must be in resource/name form")
    found = (await call.context.discovery()).find(type_)
    terms = {"apiVersion": found.api_version, "kind": found.kind, "name": name}
    return {"fieldSelector": ",".join(f"involvedObject.{key}={value}" for key, value in terms.items())}


def _wanted(call: Call, event: JSON) -> bool:
    types = [each.lower() for each in call.flags.many("types")]
    return not types or str(event.get("type", "")).lower() in types


def _print(call: Call, found: list[JSON]) -> None:
    chosen = choosing.parse(call.flags.text("output"), allowed=results.FORMS)
    if chosen.form == "name":
        for each in found:
            call.context.say(f"event/{each['metadata']['name']}")
        return
    whole = {"apiVersion": "v1", "items": found, "kind": "List", "metadata": {"resourceVersion": ""}}
    call.context.out.write(choosing.Printer(chosen).text(whole))


def _rows(call: Call, found: list[JSON], *, headers: bool) -> list[list[str]]:
    everywhere, now = call.flags.on("all-namespaces"), time.time()
    rows = [["NAMESPACE"] * everywhere + ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]] if headers else []
    for each in found:
        about = each.get("involvedObject") or {}
        namespace = [each["metadata"].get("namespace", "")] * everywhere
        told = [each.get("type", ""), each.get("reason", ""), f"{about.get('kind', '')}/{about.get('name', '')}"]
        rows.append([*namespace, writer.event_age(each, now), *told, str(each.get("message", "")).strip()])
    return rows


COMMAND = Command(
    "[(-o|--output=)json|yaml|name] [--for TYPE/NAME] [--watch] [--types=Normal,Warning]", "List events", FLAGS, run
)
