"""Defaults of the batch group."""

from typing import Any

from pyk3s.api.defaulting import pods

JSON = dict[str, Any]

RETRIES = 6
UNLIMITED = 2**31 - 1


def job(obj: JSON) -> None:
    spec = obj["spec"]
    pods.template(spec["template"])
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    spec.setdefault("backoffLimit", UNLIMITED if "backoffLimitPerIndex" in spec else RETRIES)
    labels = spec["template"]["metadata"].get("labels")
    if labels:
        obj["metadata"].setdefault("labels", dict(labels))
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    spec.setdefault("manualSelector", False)
    for rule in spec.get("podFailurePolicy", {}).get("rules") or ():
        for condition in rule.get("onPodConditions", ()):
            if not condition.get("status"):
                condition["status"] = "True"
    spec.setdefault("podReplacementPolicy", "Failed" if "podFailurePolicy" in spec else "TerminatingOrFailed")


def cron_job(obj: JSON) -> None:
    spec = obj["spec"]
    pods.template(spec["jobTemplate"]["spec"]["template"])
    spec.setdefault("concurrencyPolicy", "Allow")
    spec.setdefault("suspend", False)
    spec.setdefault("successfulJobsHistoryLimit", 3)
    spec.setdefault("failedJobsHistoryLimit", 1)


DEFAULTS = {"CronJob": cron_job, "Job": job}
