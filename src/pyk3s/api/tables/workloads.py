"""Tables of the groups apps, batch and autoscaling, and of what makes pods in the core group."""

from typing import Any

from pyk3s.api import cells
from pyk3s.api.tables.columns import AGE, NAME, Column, says, shows
from pyk3s.lib import timestamps

JSON = dict[str, Any]


def _containers(priority: int = 1) -> tuple[Column, Column]:
    return (
        says("Containers", "Names of each container in the template.", priority=priority),
        says("Images", "Images referenced by each container in the template.", priority=priority),
    )


READY = says("Ready", "Number of the pod with ready state")

DEPLOYMENT = (
    NAME,
    READY,
    shows("Up-to-date", "apps.v1.DeploymentStatus.updatedReplicas"),
    shows("Available", "apps.v1.DeploymentStatus.availableReplicas"),
    AGE,
    *_containers(),
    shows("Selector", "apps.v1.DeploymentSpec.selector", priority=1),
)


def deployment(obj: JSON, now: float) -> list[Any]:
    spec, status = cells.spec(obj), cells.status(obj)
    return [
        obj["metadata"]["name"],
        _ready(obj),
        status.get("updatedReplicas", 0),
        status.get("availableReplicas", 0),
        cells.age(obj, now),
        *cells.containers(spec.get("template")),
        cells.selector(spec.get("selector")),
    ]


STATEFUL_SET = (NAME, READY, AGE, *_containers())


def stateful_set(obj: JSON, now: float) -> list[Any]:
    return [
        obj["metadata"]["name"],
        _ready(obj),
        cells.age(obj, now),
        *cells.containers(cells.spec(obj).get("template")),
    ]


def _ready(obj: JSON) -> str:
    return f"{cells.status(obj).get('readyReplicas', 0)}/{cells.spec(obj).get('replicas', 0)}"


_DAEMON_STATUS = "apps.v1.DaemonSetStatus"
DAEMON_SET = (
    NAME,
    shows("Desired", f"{_DAEMON_STATUS}.desiredNumberScheduled", "integer"),
    shows("Current", f"{_DAEMON_STATUS}.currentNumberScheduled", "integer"),
    shows("Ready", f"{_DAEMON_STATUS}.numberReady", "integer"),
    shows("Up-to-date", f"{_DAEMON_STATUS}.updatedNumberScheduled", "integer"),
    shows("Available", f"{_DAEMON_STATUS}.numberAvailable", "integer"),
    shows("Node Selector", "core.v1.PodSpec.nodeSelector"),
    AGE,
    *_containers(),
    shows("Selector", "apps.v1.DaemonSetSpec.selector", priority=1),
)
_DAEMON_COUNTS = (
    "desiredNumberScheduled",
    "currentNumberScheduled",
    "numberReady",
    "updatedNumberScheduled",
    "numberAvailable",
)


def daemon_set(obj: JSON, now: float) -> list[Any]:
    spec, status = cells.spec(obj), cells.status(obj)
    template = spec.get("template") or {}
    return [
        obj["metadata"]["name"],
        *(status.get(name, 0) for name in _DAEMON_COUNTS),
        cells.labels(cells.spec(template).get("nodeSelector")),
        cells.age(obj, now),
        *cells.containers(template),
        cells.selector(spec.get("selector")),
    ]


def _replicas(kind: str) -> tuple[Column, ...]:
    return (
        NAME,
        shows("Desired", f"{kind}Spec.replicas", "integer"),
        shows("Current", f"{kind}Status.replicas", "integer"),
        shows("Ready", f"{kind}Status.readyReplicas", "integer"),
        AGE,
        *_containers(),
        shows("Selector", f"{kind}Spec.selector", priority=1),
    )


REPLICA_SET = _replicas("apps.v1.ReplicaSet")
REPLICATION_CONTROLLER = _replicas("core.v1.ReplicationController")


def replica_set(obj: JSON, now: float) -> list[Any]:
    return [*_replica_counts(obj, now), cells.selector(cells.spec(obj).get("selector"))]


def replication_controller(obj: JSON, now: float) -> list[Any]:
    return [*_replica_counts(obj, now), cells.labels(cells.spec(obj).get("selector"))]


def _replica_counts(obj: JSON, now: float) -> list[Any]:
    spec, status = cells.spec(obj), cells.status(obj)
    return [
        obj["metadata"]["name"],
        spec.get("replicas", 0),
        status.get("replicas", 0),
        status.get("readyReplicas", 0),
        cells.age(obj, now),
        *cells.containers(spec.get("template")),
    ]


POD_TEMPLATE = (NAME, *_containers(priority=0), says("Pod Labels", "The labels for the pod template."))


def pod_template(obj: JSON, now: float) -> list[Any]:
    template = obj.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels")
    return [obj["metadata"]["name"], *cells.containers(template), cells.labels(labels)]


CONTROLLER_REVISION = (
    NAME,
    says("Controller", "Controller of the object"),
    shows("Revision", "apps.v1.ControllerRevision.revision"),
    AGE,
)


def controller_revision(obj: JSON, now: float) -> list[Any]:
    owners = obj["metadata"].get("ownerReferences") or ()
    owner = next((each for each in owners if each.get("controller")), None)
    name = cells.NONE
    if owner is not None:
        group = owner["apiVersion"].rpartition("/")[0]
        name = f"{owner['kind']}.{group}".rstrip(".").lower() + f"/{owner['name']}"
    return [obj["metadata"]["name"], name, obj.get("revision", 0), cells.age(obj, now)]


JOB = (
    NAME,
    says("Status", "Status of the job."),
    shows("Completions", "batch.v1.JobStatus.succeeded"),
    says("Duration", "Time required to complete the job."),
    AGE,
    *_containers(),
    shows("Selector", "batch.v1.JobSpec.selector", priority=1),
)


def job(obj: JSON, now: float) -> list[Any]:
    spec = cells.spec(obj)
    return [
        obj["metadata"]["name"],
        _job_status(obj),
        _completions(obj),
        _job_duration(obj, now),
        cells.age(obj, now),
        *cells.containers(spec.get("template")),
        cells.selector(spec.get("selector")),
    ]


def _job_status(obj: JSON) -> str:
    ended = next((type_ for type_ in ("Complete", "Failed") if cells.holds(obj, type_)), None)
    if ended is not None:
        return ended
    if obj["metadata"].get("deletionTimestamp"):
        return "Terminating"
    going = ("Suspended", "FailureTarget", "SuccessCriteriaMet")
    return next((type_ for type_ in going if cells.holds(obj, type_)), "Running")


def _completions(obj: JSON) -> str:
    spec, succeeded = cells.spec(obj), cells.status(obj).get("succeeded", 0)
    if spec.get("completions") is not None:
        return f"{succeeded}/{spec['completions']}"
    parallelism = spec.get("parallelism") or 0
    return f"{succeeded}/1 of {parallelism}" if parallelism > 1 else f"{succeeded}/1"


def _job_duration(obj: JSON, now: float) -> str:
    started, ended = cells.status(obj).get("startTime"), cells.status(obj).get("completionTime")
    if not started:
        return ""
    return cells.since(started, timestamps.parse_rfc3339(ended) if ended else now)


_CRON_SPEC = "batch.v1.CronJobSpec"
CRON_JOB = (
    NAME,
    shows("Schedule", f"{_CRON_SPEC}.schedule"),
    shows("Timezone", f"{_CRON_SPEC}.timeZone"),
    shows("Suspend", f"{_CRON_SPEC}.suspend", "boolean"),
    shows("Active", "batch.v1.CronJobStatus.active", "integer"),
    shows("Last Schedule", "batch.v1.CronJobStatus.lastScheduleTime"),
    AGE,
    *_containers(),
    shows("Selector", "batch.v1.JobSpec.selector", priority=1),
)


def cron_job(obj: JSON, now: float) -> list[Any]:
    spec, status = cells.spec(obj), cells.status(obj)
    job_spec = cells.spec(spec.get("jobTemplate") or {})
    last = status.get("lastScheduleTime")
    suspended = spec.get("suspend")
    return [
        obj["metadata"]["name"],
        spec.get("schedule", ""),
        spec.get("timeZone") or cells.NONE,
        cells.UNSET if suspended is None else str(bool(suspended)),
        len(status.get("active") or ()),
        cells.since(last, now) if last else cells.NONE,
        cells.age(obj, now),
        *cells.containers(job_spec.get("template")),
        cells.selector(job_spec.get("selector")),
    ]
