"""What all generators share: the flags of `create`, one name, and sending what was made."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pyk3s.client.errors import ApiError
from pyk3s.kubectl import results
from pyk3s.kubectl.arguments import SWITCH, Flag
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.errors import CommandError, usage
from pyk3s.kubectl.merging import last_applied

JSON = dict[str, Any]
MANAGER = "kubectl-create"
FLAGS = (
    *results.FLAGS,
    results.VALIDATE,
    Flag("save-config", "", SWITCH, text="Keep the configuration in the annotation that apply uses"),
    Flag("field-manager", default=MANAGER, text="Name under which fields are owned"),
)
Build = Callable[[Call, str], Awaitable[JSON]]


def pure(build: Callable[[Call, str], JSON]) -> Build:
    """A generator that needs nothing but its flags."""

    async def built(call: Call, name: str) -> JSON:
        return build(call, name)

    return built


def command(usage_text: str, summary: str, flags: Sequence[Flag], build: Build) -> Command:
    """The command that makes an object by `build` and creates it."""

    async def run(call: Call) -> int:
        obj = await build(call, one_name(call))
        await create(call, obj)
        return 0

    return Command(usage_text, summary, (*FLAGS, *flags), run)


def one_name(call: Call) -> str:
    """The only word before `--`; raises CommandError."""
    words = call.words if call.before_dash is None else call.words[: call.before_dash]
    if len(words) != 1:
        raise usage(f"exactly one NAME is required, got {len(words)}", call.path)
    return words[0]


def after_dash(call: Call) -> list[str]:
    """The words after `--`."""
    return [] if call.before_dash is None else call.words[call.before_dash :]


async def create(call: Call, obj: JSON, did: str = "created", *, placed: bool = True) -> None:
    """Create a generated object, or only show it, with its namespace written into it if `placed`."""
    context = call.context
    run = results.dry_run(call)
    found = results.Results(call)
    resource = (await context.discovery()).of_object(obj["apiVersion"], obj["kind"])
    if resource is None:
        raise CommandError(f'no matches for kind "{obj["kind"]}" in version "{obj["apiVersion"]}"')
    if placed and resource.namespaced and context.namespace_given:
        obj["metadata"]["namespace"] = context.namespace
    if call.flags.on("save-config"):
        obj = last_applied.annotated(obj)
    if run != results.CLIENT:
        path = resource.path(context.namespace if resource.namespaced else "")
        try:
            obj = await context.server.json("POST", path, obj, results.query(call, MANAGER, validated=True))
        except ApiError as error:
            if did != "created" or call.path == "run":
                raise
            raise CommandError(f"failed to create {obj['kind'].lower()}: {error.message}") from error
    found.done(resource, obj, did)


def pairs(values: Sequence[str], what: str) -> dict[str, str]:
    """`key=value` texts as a dict; raises CommandError."""
    found = {}
    for value in values:
        key, equals, text = value.partition("=")
        if not equals or not key:
            raise CommandError(f"invalid {what}: {value}, expected key=value")
        found[key] = text
    return found


def required(call: Call, *names: str) -> None:
    """Raise CommandError where a required flag was not given, in kubectl's words."""
    missing = [name for name in names if not call.flags.given(name)]
    if missing:
        listed = ", ".join(f'"{name}"' for name in missing)
        raise CommandError(f"required flag(s) {listed} not set")
