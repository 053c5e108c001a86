"""`kubectl logs`: what containers have written, once or as it comes."""

import datetime
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from pyk3s.client.errors import ApiError
from pyk3s.kubectl import pods, targets
from pyk3s.kubectl.arguments import DURATION, NUMBER, SWITCH, Flag
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.errors import CommandError, usage
from pyk3s.lib import tasks

JSON = dict[str, Any]
FLAGS = (
    targets.SELECTOR,
    Flag("follow", "f", SWITCH, text="Go on showing what comes"),
    Flag("previous", "p", SWITCH, text="Of the container before the last restart"),
    Flag("container", "c", text="Which container"),
    Flag("all-containers", "", SWITCH, text="Of all containers"),
    Flag("all-pods", "", SWITCH, text="Of all pods of a workload"),
    Flag("tail", "", NUMBER, "-1", text="How many of the last lines; 10 with a selector"),
    Flag("since", "", DURATION, "0s", text="Only what is newer than this"),
    Flag("since-time", text="Only what is newer than this time"),
    Flag("timestamps", "", SWITCH, text="Put the time before each line"),
    Flag("limit-bytes", "", NUMBER, "0", text="How many bytes at most"),
    Flag("prefix", "", SWITCH, text="Put pod and container before each line"),
    Flag("ignore-errors", "", SWITCH, text="Go on with the others when one fails"),
    Flag("max-log-requests", "", NUMBER, "5", text="How many containers to follow at most"),
    Flag("insecure-skip-tls-verify-backend", "", SWITCH, text="Do not check the kubelet's certificate"),
)
USAGE = """expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.
POD or TYPE/NAME is a required argument for the logs command"""
TAIL_OF_SELECTED = 10


class Source(NamedTuple):
    """One container's log."""

    pod: JSON
    container: str

    @property
    def prefix(self) -> str:
        return f"[pod/{self.pod['metadata']['name']}/{self.container}] "


async def run(call: Call) -> int:
    _check(call)
    sources = await _sources(call)
    if not sources:
        call.context.complain(f"No resources found in {call.context.namespace} namespace.")
        return 0
    query = parameters(call)
    if not call.flags.on("follow") or len(sources) == 1:
        for source in sources:
            await _show(call, source, query)
        return 0
    most = call.flags.number("max-log-requests")
    if len(sources) > most:
        raise CommandError(
            f"you are attempting to follow {len(sources)} log streams, but maximum allowed concurrency is {most}, "
            "use --max-log-requests to increase the limit"
        )
    async with tasks.TaskOwner("logs") as owner:
        for task in [owner.start(_show(call, each, query), each.prefix) for each in sources]:
            await task
    return 0


def _check(call: Call) -> None:
    flags, words = call.flags, call.words
    if not words and not flags.text("selector"):
        raise usage(USAGE, "logs")
    if len(words) > 2 or (words and flags.text("selector")):
        if words and flags.text("selector"):
            raise usage("only a selector (-l) or a POD name is allowed", "logs")
        raise usage(USAGE, "logs")
    if len(words) == 2 and flags.text("container"):
        raise usage("only one of -c or an inline [CONTAINER] arg is allowed", "logs")
    if flags.on("all-containers") and flags.text("container"):
        raise CommandError(
            "--all-containers=true should not be specified with container name " + flags.text("container")
        )
    if flags.given("since") and flags.given("since-time"):
        raise CommandError("at most one of `sinceTime` or `sinceSeconds` may be specified")
    if flags.number("tail") < -1:
        raise CommandError("--tail must be greater than or equal to -1")


async def _sources(call: Call) -> list[Source]:
    flags, context = call.flags, call.context
    if selector := flags.text("selector"):
        resource = (await context.discovery()).find("pods")
        found = await targets.listed(context, resource, context.namespace, {"labelSelector": selector})
        return [source for pod in found for source in _of(call, pod, "")]
    word, wanted = call.words[0], call.words[1] if len(call.words) > 1 else flags.text("container")
    try:
        if flags.on("all-pods") and "/" in word:
            found = await _all_pods(call, word)
            return [source for pod in found for source in _of(call, pod, wanted)]
        pod = await pods.find(call, word, for_logs=True)
    except ApiError as error:
        where = f' in namespace "{context.namespace}"' if error.not_found else ""
        raise CommandError(f"error from server ({error.reason}): {error.message}{where}") from error
    return _of(call, pod, wanted)


async def _all_pods(call: Call, word: str) -> list[JSON]:
    type_, _, name = word.partition("/")
    resource = (await call.context.discovery()).find(type_)
    obj = await call.context.server.get(resource.path(call.context.namespace, name))
    return await pods.of(call.context, {**obj, "kind": resource.kind})


def _of(call: Call, pod: JSON, wanted: str) -> list[Source]:
    if call.flags.on("all-containers"):
        spec = pod["spec"]
        listed = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
        return [Source(pod, each["name"]) for each in listed]
    return [Source(pod, pods.container(call, pod, wanted))]


def parameters(call: Call) -> dict[str, str]:
    """The query of the log sub-resource."""
    flags = call.flags
    tail = flags.number("tail")
    if flags.text("selector") and not flags.given("tail"):
        tail = TAIL_OF_SELECTED
    found = {name: "true" for name in ("follow", "previous", "timestamps") if flags.on(name)}
    if tail >= 0:
        found["tailLines"] = str(tail)
    if flags.seconds("since"):
        found["sinceSeconds"] = str(max(1, round(flags.seconds("since"))))
    if text := flags.text("since-time"):
        try:
            datetime.datetime.fromisoformat(text)
        except ValueError as error:
            raise CommandError(f'parsing time "{text}": {error}') from error
        found["sinceTime"] = text
    if flags.number("limit-bytes"):
        found["limitBytes"] = str(flags.number("limit-bytes"))
    if flags.on("insecure-skip-tls-verify-backend"):
        found["insecureSkipTLSVerifyBackend"] = "true"
    return found


async def _show(call: Call, source: Source, query: dict[str, str]) -> None:
    path = pods.path(source.pod, "log")
    wanted = {**query, "container": source.container}
    try:
        async with call.context.server.stream(path, wanted) as chunks:
            prefix = source.prefix.encode() if call.flags.on("prefix") else b""
            async for data in _prefixed(chunks, prefix) if prefix else chunks:
                call.context.write(data)
    except ApiError as error:
        if not call.flags.on("ignore-errors"):
            raise
        call.context.complain(f"error: {error.message}")


async def _prefixed(chunks: AsyncIterator[bytes], prefix: bytes) -> AsyncIterator[bytes]:
    """Whole lines, each with its prefix."""
    rest = b""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if lines:
            yield b"".join(prefix + line + b"\n" for line in lines)
    if rest:
        yield prefix + rest


COMMAND = Command("[-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]", "Print the logs for a container in a pod", FLAGS, run)
