"""`crictl ps`, `pods`, `images` and `stats`: what there is, as a table or a document."""

import asyncio
import re
from collections.abc import Callable, Sequence
from typing import Any

from pyk3s.crictl import command, showing
from pyk3s.crictl.arguments import Flag
from pyk3s.crictl.command import Call
from pyk3s.lib.failure import Failure

JSON = dict[str, Any]
POD_NAME, POD_NAMESPACE = "io.kubernetes.pod.name", "io.kubernetes.pod.namespace"
RUNNING, READY = 1, 0
SECONDS = Flag("seconds", "How long to measure", "s", "number", "1")
CONTAINER_FILTERS = (
    Flag("name", "Those whose name matches this regular expression", "", "value"),
    Flag("pod", "Those of the pod with this id", "p", "value"),
    Flag("image", "Those of this image", "", "value"),
    Flag("state", "created, running, exited or unknown", "s", "value"),
)
POD_FILTERS = (
    Flag("name", "Those whose name matches this regular expression", "", "value"),
    Flag("namespace", "Those whose namespace matches this regular expression", "", "value"),
    Flag("state", "ready or notready", "s", "value"),
)
SHAPE = (command.IDENTITY, command.LABEL, command.LATEST, command.LAST, command.WHOLE, command.OUTPUT, command.QUIET)


async def containers(call: Call) -> int:
    """`ps`: the running ones, or those that the flags choose."""
    state = _state(call, showing.CONTAINER_STATES, "CONTAINER_")
    everything = any(map(call.given.on, ("all", "latest"))) or call.given.number("last")
    if state is None and not everything:
        state = RUNNING
    tests = [
        _pattern(call, "name", lambda each: _meta(each, "name")),
        lambda each: state is None or each.get("state", 0) == state,
        lambda each: each.get("pod_sandbox_id", "").startswith(call.given.text("pod")),
        lambda each: not (image := call.given.text("image")) or image in (_image(each), each.get("image_ref")),
    ]
    chosen = _chosen(call, await call.cri.containers(_labels(call)), tests)
    head = ("CONTAINER", "IMAGE", "CREATED", "STATE", "NAME", "ATTEMPT", "POD ID", "POD", "NAMESPACE")
    _show(call, "Container", "containers", chosen, head, _container_row)
    return 0


async def pods(call: Call) -> int:
    """`pods`: sandboxes, ready or not."""
    state = _state(call, showing.POD_STATES, "SANDBOX_")
    tests = [
        _pattern(call, "name", lambda each: _meta(each, "name")),
        _pattern(call, "namespace", lambda each: _meta(each, "namespace")),
        lambda each: state is None or each.get("state", READY) == state,
    ]
    chosen = _chosen(call, await call.cri.sandboxes(_labels(call)), tests)
    head = ("POD ID", "CREATED", "STATE", "NAME", "NAMESPACE", "ATTEMPT", "RUNTIME")
    _show(call, "PodSandbox", "items", chosen, head, _pod_row)
    return 0


async def images(call: Call) -> int:
    """`images`: all, or those of one name."""
    wanted = call.given.operands[0] if call.given.operands else ""
    found = [each for each in await call.cri.images() if not wanted or _has_name(each, wanted)]
    found.sort(key=lambda each: (each.get("repo_tags") or [""])[0])
    digests = call.given.on("digests")
    head = ("IMAGE", "TAG", *(("DIGEST",) if digests else ()), "IMAGE ID", "SIZE")
    if call.given.on("quiet") or call.form() != "table":
        _show(call, "Image", "images", found, head, _container_row)
        return 0
    rows = [row for each in found for row in _image_rows(call, each, digests)]
    call.say(showing.table([head, *rows]))
    return 0


async def stats(call: Call) -> int:
    """`stats`: processor, memory and disk of containers; the processor's share is measured over a moment."""
    first = {each["attributes"]["id"]: each for each in await call.cri.container_stats()}
    await asyncio.sleep(max(0, call.given.number("seconds")))
    found = [each for each in await call.cri.container_stats() if _stats_wanted(call, each)]
    if call.form() != "table":
        call.say(showing.document({"stats": [showing.plain("ContainerStats", each) for each in found]}, call.form()))
        return 0
    whole = call.given.on("no-trunc")
    rows = [
        (
            showing.short(each["attributes"]["id"], whole=whole),
            _meta(each["attributes"], "name"),
            f"{_share(first.get(each['attributes']['id'], each), each):.2f}",
            showing.size(_amount(each, "memory", "working_set_bytes"), 4),
            showing.size(_amount(each, "writable_layer", "used_bytes"), 4),
            str(_amount(each, "writable_layer", "inodes_used")),
        )
        for each in sorted(found, key=lambda each: str(each["attributes"]["id"]))
    ]
    call.say(showing.table([("CONTAINER", "NAME", "CPU %", "MEM", "DISK", "INODES"), *rows]))
    return 0


# -- choosing ---------------------------------------------------------------------------------------------------------


def _chosen(call: Call, found: Sequence[JSON], tests: Sequence[Callable[[JSON], bool]]) -> list[JSON]:
    """Newest first, cut to what was asked for."""
    identity = call.given.text("id")
    kept = [each for each in found if each["id"].startswith(identity) and all(test(each) for test in tests)]
    kept.sort(key=lambda each: -int(each.get("created_at", 0)))
    count = 1 if call.given.on("latest") else call.given.number("last")
    return kept[:count] if count else kept


def _labels(call: Call) -> dict[str, str] | None:
    pairs = call.given.all("label")
    for pair in pairs:
        if "=" not in pair:
            raise Failure(f"invalid value {pair!r} for --label", remedy="key=value is wanted", status=2)
    return dict(pair.split("=", 1) for pair in pairs) or None


def _state(call: Call, names: Sequence[str], prefix: str) -> int | None:
    text = call.given.text("state")
    if not text:
        return None
    known = [name.removeprefix(prefix).lower() for name in names]
    if text.lower() not in known:
        raise Failure(f"invalid value {text!r} for --state", remedy=f"supported are {', '.join(known)}", status=2)
    return known.index(text.lower())


def _pattern(call: Call, flag: str, read: Callable[[JSON], str]) -> Callable[[JSON], bool]:
    text = call.given.text(flag)
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise Failure(f"invalid value {text!r} for --{flag}", remedy=str(error), status=2) from None
    return lambda each: bool(pattern.search(read(each)))


def _has_name(image: JSON, wanted: str) -> bool:
    names = [*(image.get("repo_tags") or ()), *(image.get("repo_digests") or ())]
    return showing.short(image["id"], whole=True).startswith((wanted, f"sha256:{wanted}")) or any(
        wanted in (name, name.rpartition(":")[0]) or name.endswith(f"/{wanted}") or f"/{wanted}:" in name
        for name in names
    )


def _stats_wanted(call: Call, each: JSON) -> bool:
    attributes = each["attributes"]
    wanted = call.given.text("id") or (call.given.operands[0] if call.given.operands else "")
    labels = attributes.get("labels") or {}
    return attributes["id"].startswith(wanted) and all(
        labels.get(key) == value for key, value in (_labels(call) or {}).items()
    )


# -- rows -------------------------------------------------------------------------------------------------------------


def _show(
    call: Call,
    message: str,
    key: str,
    found: Sequence[JSON],
    head: Sequence[str],
    row: Callable[[Call, JSON], Sequence[str]],
) -> None:
    if call.given.on("quiet"):
        for each in found:
            call.say(each["id"])
    elif call.form() == "table":
        call.say(showing.table([head, *(row(call, each) for each in found)]))
    else:
        call.say(showing.document({key: [showing.plain(message, each) for each in found]}, call.form()))


def _container_row(call: Call, each: JSON) -> Sequence[str]:
    whole, labels = call.given.on("no-trunc"), each.get("labels") or {}
    state = showing.CONTAINER_STATES[each.get("state", 0)]
    return (
        showing.short(each["id"], whole=whole),
        showing.short(_image(each), whole=whole or not _image(each).startswith("sha256:")),
        showing.age(each.get("created_at", 0), call.now),
        state.removeprefix("CONTAINER_").capitalize(),
        _meta(each, "name"),
        str(each.get("metadata", {}).get("attempt", 0)),
        showing.short(each.get("pod_sandbox_id", ""), whole=whole),
        labels.get(POD_NAME, "unknown"),
        labels.get(POD_NAMESPACE, "unknown"),
    )


def _pod_row(call: Call, each: JSON) -> Sequence[str]:
    return (
        showing.short(each["id"], whole=call.given.on("no-trunc")),
        showing.age(each.get("created_at", 0), call.now),
        "NotReady" if each.get("state", READY) else "Ready",
        _meta(each, "name"),
        _meta(each, "namespace"),
        str(each.get("metadata", {}).get("attempt", 0)),
        each.get("runtime_handler") or "(default)",
    )


def _image_rows(call: Call, each: JSON, digests: bool) -> list[Sequence[str]]:
    """One for each of its tags, and one without where it has none."""
    whole = call.given.on("no-trunc")
    digest = (each.get("repo_digests") or ["<none>@<none>"])[0]
    names = each.get("repo_tags") or [f"{digest.partition('@')[0]}:<none>"]
    tail = (showing.short(each["id"], whole=whole), showing.size(each.get("size", 0), 3))
    shown = (showing.short(digest.partition("@")[2], whole=whole),) if digests else ()
    return [(name.rpartition(":")[0], name.rpartition(":")[2], *shown, *tail) for name in names]


def _meta(each: JSON, name: str) -> str:
    return str((each.get("metadata") or {}).get(name, ""))


def _image(each: JSON) -> str:
    return str((each.get("image") or {}).get("image", ""))


def _amount(each: JSON, part: str, name: str) -> int:
    return int(((each.get(part) or {}).get(name) or {}).get("value", 0))


def _share(before: JSON, after: JSON) -> float:
    """Per cent of one processor between two samples."""
    passed = int((after.get("cpu") or {}).get("timestamp", 0)) - int((before.get("cpu") or {}).get("timestamp", 0))
    used = _amount(after, "cpu", "usage_core_nano_seconds") - _amount(before, "cpu", "usage_core_nano_seconds")
    return 100 * used / passed if passed > 0 else 0.0


COMMANDS = {
    "ps": command.Command("List containers", containers, (command.ALL, *CONTAINER_FILTERS, *SHAPE)),
    "pods": command.Command("List pods", pods, (*POD_FILTERS, *SHAPE)),
    "images": command.Command(
        "List images",
        images,
        (Flag("digests", "Show digests"), command.WHOLE, command.OUTPUT, command.QUIET),
        "[NAME]",
        aliases=("image", "img"),
    ),
    "stats": command.Command(
        "Show what running containers use",
        stats,
        (command.IDENTITY, command.LABEL, command.WHOLE, command.OUTPUT, SECONDS),
        "[CONTAINER]",
    ),
}
