"""Rules of the status of Jobs: which conditions, times and counts go together, and which never go back.

What a Job was told already is not held against a later update: a rule about two fields is asked only of an update
that touches one of them.
"""

from pyk3s.api import fields
from pyk3s.api.validation import checks
from pyk3s.api.validation.batch import policies
from pyk3s.api.validation.checks import Errors, Object

COUNTS = ("active", "succeeded", "failed", "ready", "terminating")
TERMINAL = ("Failed", "Complete", "FailureTarget")
CONDITIONS = "status.conditions"


def update(new: Object, old: Object, errors: Errors) -> None:
    status, before, spec = new.get("status") or {}, old.get("status") or {}, new.get("spec") or {}
    checks.not_negative_fields(errors, status, "status", *COUNTS)
    _uncounted(status.get("uncountedTerminatedPods") or {}, errors)
    now, then = _true(status), _true(before)
    if now != then:
        _conditions(now, then, spec, errors)
    _times(status, before, spec, errors)
    if {"Complete", "Failed"} & now:
        _finished(status, errors)
    _indexes(status, before, spec, errors)
    if (ready := status.get("ready") or 0) > (status.get("active") or 0) and ready != before.get("ready"):
        errors.append(fields.invalid("status.ready", ready, "cannot set more ready pods than active"))
    for key in ("failed", "succeeded"):
        if (count := status.get(key) or 0) < (before.get(key) or 0):
            errors.append(fields.invalid(f"status.{key}", count, f"cannot decrease the {key} counter"))


def _true(status: Object) -> set[str]:
    return {each.get("type", "") for each in status.get("conditions") or () if each.get("status") == "True"}


def _uncounted(pods: Object, errors: Errors) -> None:
    seen: set[str] = set()
    for key in ("succeeded", "failed"):
        for index, uid in enumerate(pods.get(key) or ()):
            at = f"status.uncountedTerminatedPods.{key}[{index}]"
            if not uid:
                errors.append(fields.invalid(at, uid, "must not be empty"))
            elif uid in seen:
                errors.append(fields.duplicate(at, uid))
            seen.add(uid)


def _conditions(now: set[str], then: set[str], spec: Object, errors: Errors) -> None:
    def refuse(detail: str) -> None:
        errors.append(fields.invalid(CONDITIONS, fields.NOTHING, detail))

    for one, other, told in (
        ("Complete", "Failed", "Complete=True and Failed=true"),
        ("Complete", "FailureTarget", "Complete=True and FailureTarget=true"),
        ("SuccessCriteriaMet", "Failed", "SuccessCriteriaMet=True and Failed=true"),
        ("SuccessCriteriaMet", "FailureTarget", "SuccessCriteriaMet=True and FailureTarget=true"),
    ):
        if {one, other} <= now:
            refuse(f"cannot set {told} conditions")
    for last, first in (("Failed", "FailureTarget"), ("Complete", "SuccessCriteriaMet")):
        if last in now and first not in now and last not in then:
            refuse(f"cannot set {last}=True condition without the {first}=true condition")
    if spec.get("successPolicy") is not None and "Complete" in now and "SuccessCriteriaMet" not in now:
        refuse("cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True")
    for kind in TERMINAL:
        if kind in then and kind not in now:
            refuse(f"cannot disable the terminal {kind}=True condition")
    if "SuccessCriteriaMet" in then - now:
        refuse("cannot disable the SuccessCriteriaMet=True condition")
    if "Complete" in then and "SuccessCriteriaMet" in now - then:
        refuse("cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions")


def _times(status: Object, before: Object, spec: Object, errors: Errors) -> None:
    path, done, started = "status.completionTime", status.get("completionTime"), status.get("startTime")
    complete = "Complete" in _true(status)
    if done is not None and not complete:
        detail = "cannot set completionTime when there is no Complete=True condition"
        errors.append(fields.invalid(path, done, detail))
    if done is None and complete:
        errors.append(fields.required(path, "completionTime is required for Complete jobs"))
    if started is not None and done is not None and done < started:
        errors.append(fields.invalid(path, done, "completionTime cannot be set before startTime"))
    if done is not None and before.get("completionTime") not in (None, done):
        errors.append(fields.invalid(path, done, "completionTime cannot be mutated"))
    if before.get("startTime") not in (None, started) and not spec.get("suspend"):
        errors.append(fields.required("status.startTime", "startTime cannot be removed for unsuspended job"))


def _finished(status: Object, errors: Errors) -> None:
    for key in ("active", "terminating"):
        if (count := status.get(key) or 0) > 0:
            errors.append(fields.invalid(f"status.{key}", count, f"{key}>0 is invalid for finished job"))
    if status.get("startTime") is None:
        errors.append(fields.required("status.startTime", "startTime is required for finished job"))
    uncounted = status.get("uncountedTerminatedPods") or {}
    if uncounted.get("succeeded") or uncounted.get("failed"):
        shown = {"Succeeded": uncounted.get("succeeded"), "Failed": uncounted.get("failed")}
        detail = "uncountedTerminatedPods needs to be empty for finished job"
        errors.append(fields.invalid("status.uncountedTerminatedPods", shown, detail))


def _indexes(status: Object, before: Object, spec: Object, errors: Errors) -> None:
    completions = spec.get("completions")
    completed, failed = status.get("completedIndexes"), status.get("failedIndexes")
    if completed and spec.get("completionMode") != "Indexed":
        detail = "cannot set non-empty completedIndexes when non-indexed completion mode"
        errors.append(fields.invalid("status.completedIndexes", completed, detail))
    if failed is not None and spec.get("backoffLimitPerIndex") is None:
        detail = "cannot set non-null failedIndexes when backoffLimitPerIndex is null"
        errors.append(fields.invalid("status.failedIndexes", failed, detail))
    for key, text in (("completedIndexes", completed), ("failedIndexes", failed)):
        if completions is None or not text or text == before.get(key):
            continue
        try:
            policies.count_indexes(text, completions)
        except ValueError as error:
            errors.append(fields.invalid(f"status.{key}", text, f"error parsing {key}: {error}"))
