"""`kubectl wait`: until a condition, a JSONPath's value, an object's existence or its end."""

from collections.abc import Callable
from typing import Any

from pyk3s.client.errors import ApiError
from pyk3s.kubectl import manifests, naming, targets, waiting
from pyk3s.kubectl.arguments import DURATION, Flag
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.errors import CommandError
from pyk3s.kubectl.printing import jsonpath

JSON = dict[str, Any]
FOR_EVER_S = 7 * 24 * 3600.0  # what a negative timeout means to kubectl
FLAGS = (
    *manifests.FLAGS,
    targets.SELECTOR,
    targets.FIELD_SELECTOR,
    targets.ALL,
    targets.ALL_NAMESPACES,
    Flag("for", text="condition=NAME[=VALUE], jsonpath={PATH}[=VALUE], create or delete"),
    Flag("timeout", "", DURATION, "30s", text="How long to wait; 0 looks once, negative is a week"),
    Flag("output", "o", text="name shows names alone"),
)


async def run(call: Call) -> int:
    wanted = call.flags.text("for")
    seconds = call.flags.seconds("timeout")
    timeout = FOR_EVER_S if seconds < 0 else seconds
    if wanted.lower() == "delete":
        return await _gone(call, timeout)
    if wanted.lower() == "create":
        return await _created(call, timeout)
    holds = condition(wanted)
    found = await targets.named(call, call.words)
    if not found:
        raise CommandError("no matching resources found")
    failed = False
    for target in found:
        try:
            await waiting.until(call.context, target, lambda obj: obj is not None and holds(obj), timeout)
        except waiting.TimedOut:
            failed = True
            call.context.complain(f"error: timed out waiting for the condition on {_plural(target)}")
        else:
            _say(call, target)
    return 1 if failed else 0


def condition(text: str) -> Callable[[JSON], bool]:
    """What an object must show; raises CommandError for a condition that is none."""
    kind, _, rest = text.partition("=")
    if kind.lower() == "condition" and rest:
        name, _, value = rest.partition("=")
        return lambda obj: _has_condition(obj, name.lower(), (value or "true").lower())
    if kind.lower() == "jsonpath" and rest:
        return _path(rest)
    raise CommandError(f'unrecognized condition: "{text}"')


def _has_condition(obj: JSON, name: str, value: str) -> bool:
    found = next(
        (each for each in (obj.get("status") or {}).get("conditions") or () if str(each.get("type")).lower() == name),
        None,
    )
    if found is None or str(found.get("status")).lower() != value:
        return False
    observed = found.get("observedGeneration", (obj.get("status") or {}).get("observedGeneration"))
    return observed is None or observed >= obj["metadata"].get("generation", 0)


def _path(text: str) -> Callable[[JSON], bool]:
    expression, wanted = split_path(text)
    try:
        nodes = jsonpath.parse(jsonpath.relaxed(expression))
    except jsonpath.PathError as error:
        raise CommandError(str(error)) from error

    def holds(obj: JSON) -> bool:
        found = [value for each in jsonpath.results(nodes, obj) for value in each]
        if wanted is None:
            return bool(found)
        if len(found) > 1:
            raise CommandError("given jsonpath expression matches more than one value")
        if found and isinstance(found[0], dict | list):
            raise CommandError("jsonpath leads to a nested object or list which is not supported")
        return bool(found) and jsonpath.shown(found[0]) == wanted

    return holds


def split_path(text: str) -> tuple[str, str | None]:
    """The expression before the equals sign that is not inside it, and the value wanted; raises CommandError."""
    depth, quoted = 0, ""
    for place, letter in enumerate(text):
        if quoted:
            quoted = "" if letter == quoted else quoted
        elif letter in "'\"" and depth:
            quoted = letter
        elif letter in "{[(":
            depth += 1
        elif letter in "}])":
            depth -= 1
        elif letter == "=" and not depth:
            value = text[place + 1 :].strip("'\"")
            if not value:
                raise CommandError("jsonpath wait value cannot be empty")
            return text[:place], value
    return text, None


async def _gone(call: Call, timeout: float) -> int:
    """Until each object is no more; one that is not there is gone already."""
    try:
        found = await targets.named(call, call.words)
    except ApiError as error:
        if error.not_found:
            return 0
        raise
    for target in found:
        try:
            await waiting.until(call.context, target, waiting.gone(target.object["metadata"].get("uid", "")), timeout)
        except waiting.TimedOut as error:
            raise CommandError(f"timed out waiting for the condition on {_plural(target)}") from error
        _say(call, target)
    return 0


async def _created(call: Call, timeout: float) -> int:
    """Until each named object is there."""
    context = call.context
    if not call.words:
        raise CommandError(targets.NOTHING_NAMED)
    for resource, names in naming.select(await context.discovery(), naming.asked(call.words)):
        if not names:
            raise CommandError("resource(s) were provided, but no name was specified")
        for name in names:
            target = targets.Target(resource, context.namespace if resource.namespaced else "", name, {})
            try:
                await waiting.until(context, target, lambda obj: obj is not None, timeout)
            except waiting.TimedOut as error:
                raise CommandError(f"timed out waiting for the condition on {_plural(target)}") from error
            _say(call, target)
    return 0


def _say(call: Call, target: targets.Target) -> None:
    named = call.flags.text("output") == "name"
    call.context.say(target.shown if named else f"{target.shown} condition met")


def _plural(target: targets.Target) -> str:
    return f"{target.resource.plural}/{target.name}"


COMMAND = Command(
    "([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=create|--for=delete"
    "|--for condition=available|--for=jsonpath='{}'[=value]]",
    "Wait for a specific condition on one or many resources",
    FLAGS,
    run,
)
