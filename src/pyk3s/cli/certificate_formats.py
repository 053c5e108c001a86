"""The forms in which `k3s certificate check` shows certificates, as K3s has them. Pure."""

import datetime
import json
from collections.abc import Sequence

from pyk3s.cli import terminal
from pyk3s.pki import inventory, lifetimes

HEAD = ("FILENAME", "SUBJECT", "USAGES", "EXPIRES", "RESIDUAL TIME", "STATUS")
DAY = 24 * 3600
UNITS = (("year", 360 * DAY), ("month", 30 * DAY), ("week", 7 * DAY), ("day", DAY), ("hour", 3600), ("minute", 60))


def shown(entries: Sequence[inventory.Entry], form: str) -> str:
    """The text for `form`: text, table, json or yaml."""
    return {"text": _text, "table": _table, "json": _json, "yaml": _yaml}[form](entries)


def _text(entries: Sequence[inventory.Entry]) -> str:
    return "\n".join(map(_line, entries))


def _line(entry: inventory.Entry) -> str:
    subject, moment = f"{entry.file}: certificate {entry.subject} ({','.join(entry.usages)})", _rfc3339(entry.moment)
    return {
        inventory.OK: f"{subject} is ok, expires at {moment}",
        inventory.WARNING: f"{subject} will expire within {lifetimes.USUAL.window.days} days at {moment}",
        inventory.EXPIRED: f"{subject} expired at {moment}",
        inventory.NOT_YET_VALID: f"{subject} is not valid before {moment}",
    }[entry.status]


def _table(entries: Sequence[inventory.Entry]) -> str:
    rows = [
        (
            each.file,
            each.subject,
            ",".join(each.usages),
            each.moment.strftime("%b %d, %Y %H:%M UTC"),
            rough(each.residual),
            each.status,
        )
        for each in entries
    ]
    return terminal.table([HEAD, tuple("-" * len(title) for title in HEAD), *rows])


def rough(span: datetime.timedelta) -> str:
    """About how long that is, such as `11 months` or `1 year`; an end that has passed counts the same way."""
    seconds = abs(span.total_seconds())
    if seconds < 1.5 * 360 * DAY and seconds >= 360 * DAY:
        return "1 year"
    for name, size in UNITS:
        if seconds >= size:
            count = int(seconds // size)
            if name == "year" and count < 2:
                return "2 years"
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "now" if seconds < 1 else f"{int(seconds)} second{'' if int(seconds) == 1 else 's'}"


def _json(entries: Sequence[inventory.Entry]) -> str:
    listed = [
        {
            "Filename": each.file,
            "Subject": each.subject,
            "Issuer": each.issuer,
            "Usages": list(each.usages),
            "ExpiryTime": _rfc3339(each.moment),
            "ResidualTime": int(each.residual.total_seconds()) * 1_000_000_000,
            "Status": each.status,
        }
        for each in entries
    ]
    return json.dumps({"Certificates": listed})


def _yaml(entries: Sequence[inventory.Entry]) -> str:
    import yaml

    listed = [
        {
            "filename": each.file,
            "subject": each.subject,
            "issuer": each.issuer,
            "usages": list(each.usages),
            "expirytime": each.moment,
            "residualtime": _duration(each.residual),
            "status": each.status,
        }
        for each in entries
    ]
    return yaml.safe_dump({"certificates": listed}, sort_keys=False).rstrip()


def _rfc3339(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _duration(span: datetime.timedelta) -> str:
    """As Go writes a duration of whole seconds."""
    total = int(span.total_seconds())
    sign, total = ("-", -total) if total < 0 else ("", total)
    hours, rest = divmod(total, 3600)
    return f"{sign}{hours}h{rest // 60}m{rest % 60}s"
