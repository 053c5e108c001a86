"""Rules of Events, in their old form (`v1`) and in the new one (`events.k8s.io/v1`)."""

from pyk3s.api import fields, names
from pyk3s.api.validation import checks
from pyk3s.api.validation.checks import Errors, Object

MOST_TEXT, MOST_NOTE = 128, 1024
FIXED = (
    "involvedObject",
    "reason",
    "message",
    "source",
    "firstTimestamp",
    "lastTimestamp",
    "count",
    "type",
    "eventTime",
    "action",
    "related",
    "reportingComponent",
    "reportingInstance",
)
CHANGING = frozenset({"series", "count", "lastTimestamp", "firstTimestamp", "message", "note"})


def create(event: Object, errors: Errors) -> None:
    """The new form is told by its eventTime, whatever group it was sent to."""
    involved = event.get("involvedObject") or event.get("regarding") or {}
    path = "involvedObject" if "regarding" not in event else "regarding"
    namespace, own = involved.get("namespace", ""), event["metadata"].get("namespace", "")
    if namespace != own and not (not namespace and own in ("default", "kube-system")):
        errors.append(fields.invalid("involvedObject.namespace", namespace, "does not match event.namespace"))
    if event.get("eventTime") or path == "regarding":
        _new_form(event, errors)


def _new_form(event: Object, errors: Errors) -> None:
    if not event.get("eventTime"):
        errors.append(fields.required("eventTime"))
    controller = event.get("reportingController") or event.get("reportingComponent") or ""
    checks.required_text(errors, names.qualified_name, controller, "reportingController")
    for key in ("reportingInstance", "action", "reason"):
        value = event.get(key) or ""
        if not value:
            errors.append(fields.required(key))
        elif len(value) > MOST_TEXT:
            errors.append(fields.invalid(key, "", f"can have at most {MOST_TEXT} characters"))
    if len((event.get("note") or event.get("message") or "").encode()) > MOST_NOTE:
        errors.append(fields.invalid("message", "", f"can have at most {MOST_NOTE} characters"))
    if (kind := event.get("type")) not in ("Normal", "Warning"):
        errors.append(fields.invalid("type", "", f"has invalid value: {kind or ''}"))


def update(new: Object, old: Object, errors: Errors) -> None:
    """The old form may be rewritten freely; of the new one only the series counts on."""
    create(new, errors)
    if old.get("eventTime"):
        for key in FIXED:
            if key not in CHANGING:
                checks.same(errors, new.get(key), old.get(key), key)
