"""How crictl writes things: tables, short ids, ages, sizes, and messages as JSON or YAML. Pure."""

import datetime
import json
from collections.abc import Sequence
from typing import Any

from pyk3s.cri import messages
from pyk3s.lib.failure import Failure

JSON = dict[str, Any]
SHORT_ID = 13
LEAST_WIDTH, GAP = 20, 3
MINUTE, HOUR, DAY = 60, 3600, 86400
SIZES = ("B", "kB", "MB", "GB", "TB", "PB")
FORMATS = ("table", "json", "yaml")

CONTAINER_STATES = ("CONTAINER_CREATED", "CONTAINER_RUNNING", "CONTAINER_EXITED", "CONTAINER_UNKNOWN")
POD_STATES = ("SANDBOX_READY", "SANDBOX_NOTREADY")
MODES = ("POD", "CONTAINER", "NODE", "TARGET")
PROPAGATIONS = ("PROPAGATION_PRIVATE", "PROPAGATION_HOST_TO_CONTAINER", "PROPAGATION_BIDIRECTIONAL")
ENUMS = {
    ("Container", "state"): CONTAINER_STATES,
    ("ContainerStatus", "state"): CONTAINER_STATES,
    ("PodSandbox", "state"): POD_STATES,
    ("PodSandboxStatus", "state"): POD_STATES,
    ("Mount", "propagation"): PROPAGATIONS,
} | {("NamespaceOption", kind): MODES for kind in ("network", "pid", "ipc")}
TIMES = ("created_at", "started_at", "finished_at")  # of a status; nanoseconds, shown as text


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell, and not narrower than 20."""
    widths = [max(LEAST_WIDTH, max(map(len, column)) + GAP) for column in zip(*rows, strict=True)]
    return "\n".join(
        "".join(cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)) + row[-1] for row in rows
    )


def short(identity: str, *, whole: bool = False) -> str:
    """An id without the name of its hash, and no longer than it needs to be told from others."""
    return identity if whole else identity.removeprefix("sha256:")[:SHORT_ID]


def age(created_ns: int, now: float) -> str:
    return f"{span(now - created_ns / 1e9)} ago"


def span(seconds: float) -> str:
    """A duration in words, of one unit."""
    whole = max(0, int(seconds))
    if whole < 1:
        return "Less than a second"
    if whole < 2 * MINUTE:
        return "1 second" if whole == 1 else f"{whole} seconds" if whole < MINUTE else "About a minute"
    if whole < HOUR:
        return f"{whole // MINUTE} minutes"
    if (hours := round(whole / HOUR)) < 48:
        return "About an hour" if hours == 1 else f"{hours} hours"
    days = hours // 24
    for limit, unit, length in ((14, "days", 1), (60, "weeks", 7), (730, "months", 30)):
        if days < limit:
            return f"{days // length} {unit}"
    return f"{days // 365} years"


def size(number: float, digits: int) -> str:
    """Bytes with a decimal unit, to so many digits."""
    unit = 0
    while number >= 1000 and unit < len(SIZES) - 1:
        number, unit = number / 1000, unit + 1
    return f"{number:.{digits}g}{SIZES[unit]}"


def plain(message: str, value: JSON) -> JSON:
    """A message as protobuf's JSON form has it: every field, in camel case, enums by name, 64-bit numbers as text."""
    made: JSON = {}
    for _, name, kind in messages.fields(message):
        made[_camel(name)] = _field(message, name, kind, value.get(name))
    return made


def _field(message: str, name: str, kind: str, value: Any) -> Any:
    if kind.startswith("map<"):
        return value or {}
    if kind.endswith("[]"):
        return [_field(message, name, kind[:-2], each) for each in value or ()]
    if names := ENUMS.get((message, name)):
        number = value or 0
        return names[number] if number < len(names) else number
    if kind == "string":
        return value or ""
    if kind == "bool":
        return bool(value)
    if kind in ("int64", "uint64"):
        return str(value or 0)
    if kind in ("int32", "uint32", "double"):
        return value or 0
    return None if value is None else plain(kind, value)


def detailed(message: str, status: JSON, info: dict[str, str]) -> JSON:
    """A status with what the runtime says of itself in words, most of which is JSON again."""
    told = plain(message, status)
    for name in TIMES:
        if _camel(name) in told:
            told[_camel(name)] = _moment(status.get(name, 0))
    return {"status": told} | {name: _parsed(text) for name, text in sorted(info.items())}


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _moment(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    told = datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{told}.{rest:09d}Z" if seconds or rest else "0001-01-01T00:00:00Z"


def document(value: Any, form: str) -> str:
    """As JSON or YAML; raises Failure for another form."""
    if form == "json":
        return json.dumps(value, indent=2, ensure_ascii=False)
    if form == "yaml":
        import yaml  # only who asks for it pays for it

        return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True)).rstrip("\n")
    raise Failure(f"--output {form} is refused", remedy=f"supported are {', '.join(FORMATS)}", status=2)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)
