"""Rules of CronJobs."""

import zoneinfo

from pyk3s.api import fields, names
from pyk3s.api.validation import checks
from pyk3s.api.validation.apps import workloads
from pyk3s.api.validation.batch import jobs
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.lib import cron

POLICIES = ("Allow", "Forbid", "Replace")
MOST_NAME = 52  # a job appends 11 characters to it, and the name of its pod must stay a label


def create(cron_job: Object, errors: Errors) -> None:
    _spec(cron_job.get("spec") or {}, "spec", errors)
    name = cron_job["metadata"].get("name", "")
    if len(name) > MOST_NAME:
        errors.append(fields.invalid("metadata.name", name, names.at_most(MOST_NAME)))


def update(new: Object, old: Object, errors: Errors) -> None:
    _spec(new.get("spec") or {}, "spec", errors)


def _spec(spec: Object, path: str, errors: Errors) -> None:
    _schedule(spec, path, errors)
    checks.not_negative_fields(errors, spec, path, "startingDeadlineSeconds")
    checks.required_one_of(errors, spec.get("concurrencyPolicy"), f"{path}.concurrencyPolicy", POLICIES)
    template = spec.get("jobTemplate") or {}
    jobs.spec(template.get("spec") or {}, f"{path}.jobTemplate.spec", errors)
    job = template.get("spec") or {}
    if (selector := job.get("selector")) is not None:
        shown = workloads.pruned(selector)
        errors.append(fields.invalid(f"{path}.jobTemplate.spec.selector", shown, "`selector` will be auto-generated"))
    if job.get("manualSelector"):
        errors.append(fields.not_supported(f"{path}.jobTemplate.spec.manualSelector", True, ["nil", "false"]))
    checks.not_negative_fields(errors, spec, path, "successfulJobsHistoryLimit", "failedJobsHistoryLimit")


def _schedule(spec: Object, path: str, errors: Errors) -> None:
    schedule, zone = spec.get("schedule", ""), spec.get("timeZone")
    if not schedule:
        errors.append(fields.required(f"{path}.schedule"))
    elif "TZ" in schedule:
        detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
        errors.append(fields.invalid(f"{path}.schedule", schedule, detail))
    else:
        try:
            cron.check(schedule)
        except cron.ScheduleError as wrong:
            errors.append(fields.invalid(f"{path}.schedule", schedule, str(wrong)))
    if zone is not None:
        _time_zone(zone, f"{path}.timeZone", errors)


def _time_zone(zone: str, path: str, errors: Errors) -> None:
    if not zone:
        errors.append(fields.invalid(path, zone, "timeZone must be nil or non-empty string"))
    elif zone.lower() == "local":
        detail = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
        errors.append(fields.invalid(path, zone, detail))
    else:
        try:
            zoneinfo.ZoneInfo(zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            errors.append(fields.invalid(path, zone, f"unknown time zone {zone}"))
