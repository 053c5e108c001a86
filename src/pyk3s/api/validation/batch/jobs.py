"""Rules of Jobs: counts, completion modes, failure and success policies, and what stays fixed once a Job exists."""

from pyk3s.api import fields, names
from pyk3s.api.validation import checks, internals, selectors
from pyk3s.api.validation.apps import workloads
from pyk3s.api.validation.batch import policies
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.core import pods

COMPLETION_MODES = ("NonIndexed", "Indexed")
RESTARTS = ("OnFailure", "Never")
REPLACEMENT_POLICIES = ("Failed", "TerminatingOrFailed")
COUNTS = (
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
)
MOST_INDEXED = 100_000  # pods at a time, and failed indexes
MOST_OF_MANY = 10_000  # the same of a Job with more completions than that and a limit for each index
PREFIX = "batch.kubernetes.io/"
FIXED = ("completionMode", "backoffLimitPerIndex", "managedBy")
SHOWN_WHOLE = {"podFailurePolicy": internals.FAILURE_POLICY, "successPolicy": internals.SUCCESS_POLICY}
PLACEMENT = ("nodeSelector", "affinity", "tolerations", "schedulingGates")


def create(job: Object, errors: Errors) -> None:
    _generated(job, errors)
    _whole_spec(job.get("spec") or {}, errors)
    _pod_names(job, errors)


def _generated(job: Object, errors: Errors) -> None:
    """A Job that does not choose its pods by hand has the labels and the selector that the API server makes."""
    value, meta = job.get("spec") or {}, job["metadata"]
    if value.get("manualSelector") or value.get("selector") is None:
        return
    if not (uid := meta.get("uid")):
        errors.append(fields.required("metadata.uid"))
        return
    name = meta.get("name", "")
    made = {"controller-uid": uid, "job-name": name}
    own = {f"{prefix}{key}": each for prefix in ("", PREFIX) for key, each in made.items()}
    labels = workloads.template_labels(value.get("template") or {})
    for key, wanted in own.items():
        at = f"spec.template.metadata.labels[{key}]"
        if key not in labels:
            errors.append(fields.required(at, f"must be '{wanted}'"))
        elif labels[key] != wanted:
            errors.append(fields.invalid(at, checks.sorted_map(labels), f"must be '{wanted}'"))
    if selectors.usable(value["selector"]) and not selectors.matches(value["selector"], own):
        detail = "`selector` not auto-generated"
        errors.append(fields.invalid("spec.selector", workloads.pruned(value["selector"]), detail))


def _whole_spec(value: Object, errors: Errors) -> None:
    """A spec with its selector, which the API server has made unless the user did."""
    spec(value, "spec", errors)
    selector, template = value.get("selector"), value.get("template") or {}
    if selector is None:
        errors.append(fields.required("spec.selector"))
    else:
        selectors.selector(selector, "spec.selector", errors)
    workloads.matching_labels(selector, template, "spec.template", errors)


def spec(value: Object, path: str, errors: Errors) -> None:
    """A JobSpec without regard to its selector, also in the template of a CronJob."""
    checks.not_negative_fields(errors, value, path, *COUNTS)
    _completion(value, path, errors)
    if (managed_by := value.get("managedBy")) is not None:
        checks.domain_prefixed_path(errors, managed_by, f"{path}.managedBy")
        if len(managed_by) > 63:
            errors.append(fields.too_long(f"{path}.managedBy", 63))
    template = value.get("template") or {}
    if (policy := value.get("podReplacementPolicy")) is not None:
        _replacement(policy, value, f"{path}.podReplacementPolicy", errors)
    pods.template(template, f"{path}.template", errors)
    restart = (template.get("spec") or {}).get("restartPolicy")
    if restart in (None, "", "Always"):
        detail = 'valid values: "OnFailure", "Never"'
        errors.append(fields.required(f"{path}.template.spec.restartPolicy", detail))
    elif restart not in RESTARTS:
        errors.append(fields.not_supported(f"{path}.template.spec.restartPolicy", restart, list(RESTARTS)))
    elif restart != "Never" and value.get("podFailurePolicy") is not None:
        detail = 'only "Never" is supported when podFailurePolicy is specified'
        errors.append(fields.invalid(f"{path}.template.spec.restartPolicy", restart, detail))
    if (failure := value.get("podFailurePolicy")) is not None:
        policies.failure(failure, value, f"{path}.podFailurePolicy", errors)
    if (success := value.get("successPolicy")) is not None:
        policies.success(success, value, f"{path}.successPolicy", errors)


def _completion(value: Object, path: str, errors: Errors) -> None:
    mode = value.get("completionMode")
    if mode is not None:
        checks.one_of(errors, mode, f"{path}.completionMode", COMPLETION_MODES)
    if mode == "Indexed":
        _indexed(value, path, errors)
    elif mode in (None, "NonIndexed"):
        for key in ("backoffLimitPerIndex", "maxFailedIndexes"):
            if (limit := value.get(key)) is not None:
                errors.append(fields.invalid(f"{path}.{key}", limit, "requires indexed completion mode"))
    if value.get("maxFailedIndexes") is not None and value.get("backoffLimitPerIndex") is None:
        errors.append(fields.required(f"{path}.backoffLimitPerIndex", "when maxFailedIndexes is specified"))


def _indexed(value: Object, path: str, errors: Errors) -> None:
    completions, parallelism, failed = (value.get(key) for key in ("completions", "parallelism", "maxFailedIndexes"))

    def limit(key: str, number: int | None, most: int, when: str) -> None:
        if number is not None and number > most:
            errors.append(fields.invalid(f"{path}.{key}", number, f"must be less than or equal to {most}{when}"))

    if completions is None:
        errors.append(fields.required(f"{path}.completions", "when completion mode is Indexed"))
    limit("parallelism", parallelism, MOST_INDEXED, " when completion mode is Indexed")
    if completions is not None and failed is not None and failed > completions:
        errors.append(fields.invalid(f"{path}.maxFailedIndexes", failed, "must be less than or equal to completions"))
    limit("maxFailedIndexes", failed, MOST_INDEXED, "")
    if (completions or 0) <= MOST_INDEXED or value.get("backoffLimitPerIndex") is None:
        return
    if failed is None:
        detail = f"must be specified when completions is above {MOST_INDEXED}"
        errors.append(fields.required(f"{path}.maxFailedIndexes", detail))
    when = f" when completions are above {MOST_INDEXED} and used with backoff limit per index"
    limit("parallelism", parallelism, MOST_OF_MANY, when)
    limit("maxFailedIndexes", failed, MOST_OF_MANY, when)


def _replacement(policy: str, value: Object, path: str, errors: Errors) -> None:
    if value.get("podFailurePolicy") is not None:
        checks.one_of(errors, policy, path, ("Failed",))
    else:
        checks.one_of(errors, policy, path, REPLACEMENT_POLICIES)


def _pod_names(job: Object, errors: Errors) -> None:
    """The name of the last pod of an indexed Job becomes its host name."""
    value = job.get("spec") or {}
    if value.get("completionMode") != "Indexed" or not value.get("completions"):
        return
    last = f"{job['metadata'].get('name', '')}-{value['completions'] - 1}"
    if wrong := names.label(last):
        detail = f"will not able to create pod with invalid DNS label: {last}"
        errors.extend(fields.invalid("metadata.name", job["metadata"].get("name", ""), detail) for _ in wrong[:1])


def update(new: Object, old: Object, errors: Errors) -> None:
    """The API checks the new Job as one to create and, again, as an update."""
    after, before = new.get("spec") or {}, old.get("spec") or {}
    _generated(new, errors)
    _whole_spec(after, errors)
    _whole_spec(after, errors)
    _completions(after, before, errors)
    if workloads.pruned(after.get("selector")) != workloads.pruned(before.get("selector")):
        errors.append(fields.invalid("spec.selector", after.get("selector"), checks.IMMUTABLE))
    _template(after, old, errors)
    checks.same_fields(errors, after, before, "spec", *FIXED)
    for key, view in SHOWN_WHOLE.items():
        if (policy := after.get(key)) != before.get(key):
            shown = None if policy is None else internals.view(policy, view)
            errors.append(fields.invalid(f"spec.{key}", shown, checks.IMMUTABLE))


def _completions(after: Object, before: Object, errors: Errors) -> None:
    """An indexed Job may be resized if its parallelism goes along."""
    count = after.get("completions")
    if count == before.get("completions"):
        return
    if after.get("completionMode") != "Indexed":
        errors.append(fields.invalid("spec.completions", count, checks.IMMUTABLE))
    elif count is not None and count != after.get("parallelism"):
        detail = "can only be modified in tandem with parallelism"
        errors.append(fields.invalid("spec.completions", count, detail))


def _template(after: Object, old: Object, errors: Errors) -> None:
    before = old.get("spec") or {}
    new_template, old_template = after.get("template") or {}, before.get("template") or {}
    if before.get("suspend") and not (old.get("status") or {}).get("startTime"):
        new_template, old_template = _without_placement(new_template), _without_placement(old_template)
    if new_template != old_template:
        template = after.get("template") or {}
        shown = (template.get("metadata") or {}) | internals.view(template, internals.POD_TEMPLATE)
        errors.append(fields.invalid("spec.template", shown, checks.IMMUTABLE))


def _without_placement(template: Object) -> Object:
    """Before a suspended Job has started, a queueing controller may still direct its pods."""
    spec_ = {key: value for key, value in (template.get("spec") or {}).items() if key not in PLACEMENT}
    meta = {
        key: value for key, value in (template.get("metadata") or {}).items() if key not in ("labels", "annotations")
    }
    return {"metadata": meta, "spec": spec_}
