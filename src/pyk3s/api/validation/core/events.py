"""Rules of Events, in their old form (`v1`) and in the new one (`events.k8s.io/v1`).

Both forms are one object upstream. One with an eventTime is complete, whatever group it was sent to; that it has one,
and nothing of the old form beside it, is demanded of the new group alone. Paths are those of the old form.
"""

from pyk3s.api import fields, names
from pyk3s.api.validation import checks
from pyk3s.api.validation.checks import Errors, Object

NEW_FORM = "events.k8s.io/v1"
MOST_TEXT, MOST_NOTE = 128, 1024
OLD_FIELDS = {
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
    "deprecatedSource": "source",
}
FIXED = {
    "regarding": "involvedObject",
    "reason": "reason",
    "note": "message",
    **OLD_FIELDS,
    "type": "type",
    "eventTime": "eventTime",
    "action": "action",
    "related": "related",
    "reportingController": "reportingController",
    "reportingInstance": "reportingInstance",
}


def create(event: Object, errors: Errors) -> None:
    new = event.get("apiVersion") == NEW_FORM
    _shared(event, new, errors)
    if new:
        _series(event, errors)
        _only_new(event, errors)


def _shared(event: Object, new: bool, errors: Errors) -> None:
    namespace = (event.get("regarding" if new else "involvedObject") or {}).get("namespace", "")
    own = event["metadata"].get("namespace", "")
    complete = bool(event.get("eventTime"))
    alone = own in (("default", "kube-system") if complete else ("default",))
    elsewhere = not complete and namespace not in ("", own)
    if elsewhere or (not namespace and not alone):
        errors.append(fields.invalid("involvedObject.namespace", namespace, "does not match event.namespace"))
    if not complete:
        return
    controller = event.get("reportingController" if new else "reportingComponent") or ""
    path = "reportingController" if new else "reportingComponent"
    checks.present(errors, controller, path)
    checks.text(errors, names.qualified_name, controller, path)
    for key in ("reportingInstance", "action", "reason"):
        value = event.get(key) or ""
        if not value:
            errors.append(fields.required(key))
        elif len(value.encode()) > MOST_TEXT:
            errors.append(fields.invalid(key, "", f"can have at most {MOST_TEXT} characters"))
    if len((event.get("note" if new else "message") or "").encode()) > MOST_NOTE:
        errors.append(fields.invalid("message", "", f"can have at most {MOST_NOTE} characters"))


def _series(event: Object, errors: Errors) -> None:
    if (series := event.get("series")) is None:
        return
    if (series.get("count") or 0) < 2:
        errors.append(fields.invalid("series.count", "", "should be at least 2"))
    checks.present(errors, series.get("lastObservedTime"), "series.lastObservedTime")


def _only_new(event: Object, errors: Errors) -> None:
    checks.present(errors, event.get("eventTime"), "eventTime")
    if (kind := event.get("type")) not in ("Normal", "Warning"):
        errors.append(fields.invalid("type", "", f"has invalid value: {kind or ''}"))
    for key, path in OLD_FIELDS.items():
        if event.get(key):
            errors.append(fields.invalid(path, "", "needs to be unset"))


def update(new: Object, old: Object, errors: Errors) -> None:
    """The old form may be rewritten freely; of the new one only the series counts on."""
    if new.get("apiVersion") != NEW_FORM:
        _shared(new, False, errors)
        return
    _shared(new, True, errors)
    if new.get("series") != old.get("series"):
        _series(new, errors)
    for key, path in FIXED.items():
        checks.same(errors, new.get(key), old.get(key), path)
