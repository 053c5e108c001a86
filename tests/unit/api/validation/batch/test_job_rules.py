"""Jobs, CronJobs and their schedules."""

from typing import Any

import pytest

from pyk3s.lib import cron

JSON = dict[str, Any]
LABELS = {"job": "once"}


def job(image: str = "x", **spec: Any) -> JSON:
    pod = {"containers": [{"name": "m", "image": image}], "restartPolicy": "Never"}
    template = {"metadata": {"labels": LABELS}, "spec": pod}
    return {"spec": {"manualSelector": True, "selector": {"matchLabels": LABELS}, "template": template, **spec}}


def test_a_job_is_accepted(said) -> None:
    assert said("jobs.batch", job()) == []


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (
            {"completionMode": "Indexed", "parallelism": 2},
            "completions: Required value: when completion mode is Indexed",
        ),
        ({"backoffLimitPerIndex": 1}, "backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode"),
        ({"managedBy": "x"}, 'managedBy: Invalid value: "x": must be a domain-prefixed path (such as "acme.io/foo")'),
        (
            {"podFailurePolicy": {"rules": [{"action": "Count"}]}},
            "podFailurePolicy.rules[0]: Invalid value: specifying one of",
        ),
        ({"successPolicy": {"rules": []}}, "successPolicy: Invalid value: "),
    ],
)
def test_a_job_is_told_what_is_wrong_with_it(said, spec: JSON, told: str) -> None:
    (found,) = said("jobs.batch", job(**spec))
    assert found.startswith(f"spec.{told}")


def test_the_last_pod_of_an_indexed_job_must_have_a_name(said) -> None:
    long = {"metadata": {"name": "j" * 62}, **job(completionMode="Indexed", completions=100)}
    (found,) = said("jobs.batch", long)
    assert "will not able to create pod with invalid DNS label" in found


def test_the_template_of_a_job_is_fixed(said_of_update) -> None:
    (found,) = said_of_update("jobs.batch", job(), job("y"))
    assert found.startswith('spec.template: Invalid value: {"labels":{"job":"once"},"Spec":{"Volumes":null,')
    assert found.endswith(": field is immutable")


def test_an_indexed_job_is_resized_as_a_whole(said_of_update) -> None:
    old = job(completionMode="Indexed", completions=2, parallelism=2)
    assert said_of_update("jobs.batch", old, job(completionMode="Indexed", completions=3, parallelism=3)) == []
    (found,) = said_of_update("jobs.batch", old, job(completionMode="Indexed", completions=3, parallelism=2))
    assert found.endswith("can only be modified in tandem with parallelism")


def test_a_suspended_job_may_be_directed_before_it_starts(said_of_update) -> None:
    directed = job(suspend=True)
    directed["spec"]["template"]["spec"]["nodeSelector"] = {"a": "b"}
    assert said_of_update("jobs.batch", job(suspend=True), directed) == []
    assert len(said_of_update("jobs.batch", job(), directed)) == 1


@pytest.mark.parametrize("schedule", ["* * * * *", "*/5 0-6/2 1,15 jan-mar MON", "@daily", "@every 1h30m", "0 0 ? * 0"])
def test_a_schedule_in_any_spelling_is_understood(schedule: str) -> None:
    cron.check(schedule)


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        ("", "empty spec string"),
        ("* * *", "expected exactly 5 fields, found 3: [* * *]"),
        ("@sometimes", "unrecognized descriptor: @sometimes"),
        ("60 * * * *", "end of range (60) above maximum (59): 60"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
        ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
        ("*/1/2 * * * *", "too many slashes: */1/2"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("x * * * *", 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'),
    ],
)
def test_a_bad_schedule_is_told_what_is_wrong(schedule: str, told: str) -> None:
    with pytest.raises(cron.ScheduleError) as raised:
        cron.check(schedule)
    assert str(raised.value) == told


def test_a_cron_job_knows_its_time_zone(said) -> None:
    def told(**spec: Any) -> list[str]:
        body = job()["spec"]
        body = {key: value for key, value in body.items() if key not in ("selector", "manualSelector")}
        return said("cronjobs.batch", {"spec": {"schedule": "@daily", "jobTemplate": {"spec": body}, **spec}})

    assert told(timeZone="Etc/UTC") == []
    assert told(timeZone="../../etc/passwd")[0].endswith("unknown time zone ../../etc/passwd")
    assert told(schedule="TZ=UTC * * * * *")[0].startswith("spec.schedule: Invalid value")


@pytest.mark.parametrize(
    ("indexes", "told"),
    [
        ("0,1-2", ""),
        ("1,0", "non-increasing order, previous: 1, current: 0"),
        ("0-9", 'too large index: "9"'),
        ("a", 'cannot convert string to integer for index: "a"'),
        ("0-1-2", 'the fragment "0-1-2" violates the requirement that an index interval can have at most two parts'),
    ],
)
def test_indexes_that_make_a_job_succeed_ascend_within_its_completions(said, indexes: str, told: str) -> None:
    policy = {"rules": [{"succeededIndexes": indexes}]}
    found = said("jobs.batch", job(completionMode="Indexed", completions=3, parallelism=1, successPolicy=policy))
    where = f'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "{indexes}": error parsing succeededIndexes'
    assert [line.startswith(f"{where}: {told}") for line in found] == [True] * bool(told)


def test_a_job_cannot_need_more_successes_than_indexes_are_named(said) -> None:
    policy = {"rules": [{"succeededIndexes": "0-1", "succeededCount": 3}]}
    (found,) = said("jobs.batch", job(completionMode="Indexed", completions=3, parallelism=1, successPolicy=policy))
    assert found.endswith(
        "must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)"
    )


def test_a_selector_of_ones_own_is_not_what_the_api_server_makes(said) -> None:
    chosen = job(manualSelector=False) | {"metadata": {"uid": "u"}}
    assert 'spec.selector: Invalid value: {"matchLabels":{"job":"once"}}: `selector` not auto-generated' in said(
        "jobs.batch", chosen
    )


def test_a_cron_job_leaves_selectors_to_its_jobs(said) -> None:
    spec = {"schedule": "@daily", "jobTemplate": job()}
    assert said("cronjobs.batch", {"spec": spec}) == [
        'spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"job":"once"}}: `selector` will be '
        "auto-generated",
        'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"',
    ]


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (
            {"conditions": [{"type": "Complete", "status": "True"}]},
            "conditions: Invalid value: cannot set Complete",
        ),
        ({"ready": 1}, "ready: Invalid value: 1: cannot set more ready pods than active"),
        ({"completedIndexes": "0"}, 'completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes'),
        (
            {"completionTime": "2026-01-01T00:00:00Z"},
            'completionTime: Invalid value: "2026-01-01T00:00:00Z": cannot set completionTime when there is no',
        ),
    ],
)
def test_a_report_of_a_job_that_contradicts_itself_is_refused(said_of_update, status: JSON, told: str) -> None:
    found = said_of_update("jobs.batch", job(), {**job(), "status": status}, "status")
    assert found[0].startswith(f"status.{told}")


def test_a_job_that_failed_goes_on_having_failed(said_of_update) -> None:
    time = "2026-01-01T00:00:00Z"
    conditions = [{"type": kind, "status": "True"} for kind in ("FailureTarget", "Failed")]
    old = {**job(), "status": {"failed": 1, "startTime": time, "conditions": conditions}}
    assert said_of_update("jobs.batch", job(), old, "status") == []
    found = said_of_update("jobs.batch", old, {**job(), "status": {"failed": 1, "startTime": time}}, "status")
    assert found[0] == "status.conditions: Invalid value: cannot disable the terminal Failed=True condition"
