"""Validation says what a real API server said: every recorded refusal, and silence about what it accepted.

Requests are decoded and defaulted as the server does; what admission, allocators and strategies add is added by hand.
"""

import copy
import json
import pathlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from pyk3s.api import decoding, defaulting, validation
from pyk3s.api.catalog import Resource
from pyk3s.api.schema import pack
from pyk3s.api.validation.customresources import values

GOLDEN = pathlib.Path(__file__).parents[3] / "shared" / "golden"
CATEGORIES = ("invalid", "create-defaults", "patch", "subresources", "delete", "crd")
CRDS = "customresourcedefinitions"
PLACEHOLDERS = {
    "$NS": "ns1",
    "$GEN": "abcde",
    "$RV": "5",
    "$TIME": "2026-01-01T00:00:00Z",
    "$UID": "u1",
    "$IP": "10.43.0.9",
}
OTHERS = {
    "service-nodeport-range": "the allocator of node ports refuses it",
    "service-clusterip-outside": "the allocator of addresses refuses it",
    "service-dualstack-required": "the allocator of addresses refuses it",
    "service-nodeport-taken": "the allocator of node ports refuses it",
    "service-clusterip-immutable": "the strategy of services lines up clusterIP and clusterIPs first",
    "service-nodeport-local": "two node ports have become one placeholder",
    "unknown-field-patch-strict": "decoding refuses it",
    "finalizer-add-while-deleting": "the state between the steps is not in an answer",
    "refused-bad-cel": "the CEL part refuses it",
    "refused-cel-too-costly": "the CEL part refuses it",
}
BODIES = {"token": "TokenRequest", "binding": "Binding", "scale": "Scale"}
OF_REQUESTS = {"patch", "dryRun", "fieldManager", "fieldValidation", "propagationPolicy"}

JSON = dict[str, Any]
pytestmark = pytest.mark.golden


class Step(NamedTuple):
    """One recorded write: the object as it was sent, the one before it, what the server said."""

    id: str
    resource: Resource
    subresource: str
    body: JSON
    old: JSON | None
    wanted: list[tuple[str, str, str]]


def placed(value: Any) -> Any:
    if value == "$PORT":
        return 30999
    if isinstance(value, str):
        for name, real in PLACEHOLDERS.items():
            value = value.replace(name, real)
        return value
    if isinstance(value, list):
        return [placed(item) for item in value]
    return {placed(key): placed(item) for key, item in value.items()} if isinstance(value, dict) else value


def cases() -> Iterator[tuple[str, JSON]]:
    for category in CATEGORIES:
        path = GOLDEN / f"{category}.json"
        if path.exists():
            yield from ((category, case) for case in json.loads(path.read_text()) if case["name"] not in OTHERS)


def target(path: str) -> tuple[Resource | None, str]:
    """The resource and sub-resource of a URL; None where the resource is a custom one."""
    parts = path.partition("?")[0].strip("/").split("/")
    group, version, rest = ("", parts[1], parts[2:]) if parts[0] == "api" else (parts[1], parts[2], parts[3:])
    if not rest:
        return None, ""
    if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in ("finalize", "status"):
        rest = rest[2:]
    return pack.load().catalog.find(group, version, rest[0]), rest[2] if len(rest) > 2 else ""


def merged(value: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    result = dict(value) if isinstance(value, dict) else {}
    for key, member in patch.items():
        result[key] = merged(result.get(key), member)
    return {key: member for key, member in result.items() if member is not None}


def causes(response: JSON) -> list[tuple[str, str, str]]:
    if response["status"] != 422:
        return []
    found = (response["body"].get("details") or {}).get("causes") or []
    return sorted((cause["field"], cause["message"], cause["reason"]) for cause in found)


def steps() -> Iterator[Step]:
    for category, case in cases():
        last: dict[str, JSON] = {}
        for index, recorded in enumerate(case["steps"]):
            request, response = placed(recorded["request"]), placed(recorded["response"])
            path, answer = request["path"].partition("?")[0], response.get("body")
            if not isinstance(answer, dict) or request["method"] == "DELETE" or path.startswith("/version"):
                continue
            if response["status"] in (200, 201) and "name" in (answer.get("metadata") or {}):
                own = f"{path}/{answer['metadata']['name']}" if request["method"] == "POST" else path
                last[own] = answer
            resource, subresource = target(path) if path.startswith("/api") and path.count("/") > 2 else (None, "")
            body, wanted = request.get("body"), causes(response)
            patched = request["method"] == "PATCH"
            if resource is None or not isinstance(body, dict) or {field for field, _, _ in wanted} & OF_REQUESTS:
                continue
            if response["status"] == 422 and (request["method"] != "PATCH" or wanted):
                old = last.get(path.removesuffix(f"/{subresource}")) if request["method"] != "POST" else None
                if patched and old is None:
                    continue
                body = merged(old, body) if patched else body
                yield Step(f"{category}-{case['name']}-{index}", resource, subresource, body, old, wanted)
            elif response["status"] == 201 and not subresource and answer.get("kind") == resource.kind:
                yield Step(f"{category}-{case['name']}-{index}", resource, "", answer, None, [])


def prepared(step: Step) -> JSON:
    """What reaches validation: decoded, defaulted, with what strategies and admission carry over."""
    obj = copy.deepcopy(step.body)
    resource, meta = step.resource, obj.setdefault("metadata", {})
    if step.subresource in BODIES or not resource.stored:
        return obj
    if meta.get("generateName") and not meta.get("name"):
        meta["name"] = f"{meta['generateName']}abcde"
    meta.setdefault("namespace", "ns1") if resource.namespaced else meta.pop("namespace", None)
    decoding.conform(resource, obj, "Ignore")
    defaulting.apply_defaults(resource, obj)
    if step.old is not None:
        kept = (
            "uid",
            "creationTimestamp",
            "generation",
            *(() if resource.plural == "leases" else ("resourceVersion",)),
        )
        for key in kept:
            if key in step.old["metadata"]:
                obj["metadata"].setdefault(key, step.old["metadata"][key])
    if resource.plural == "pods" and step.old is not None:
        obj["spec"].setdefault("tolerations", step.old["spec"].get("tolerations"))
    if resource.plural == "jobs" and step.old is None:
        _select_own_pods(obj)
    return obj


def _select_own_pods(job: JSON) -> None:
    """The labels and the selector that the server makes for a Job."""
    made = {"controller-uid": job["metadata"].setdefault("uid", "u1"), "job-name": job["metadata"].get("name", "")}
    labels = {f"batch.kubernetes.io/{key}": value for key, value in made.items()}
    job["spec"].setdefault("selector", {"matchLabels": {"batch.kubernetes.io/controller-uid": made["controller-uid"]}})
    template = job["spec"]["template"].setdefault("metadata", {})
    template["labels"] = {**made, **labels, **(template.get("labels") or {})}


def errors_of(step: Step) -> list[tuple[str, str, str]]:
    obj = prepared(step)
    if step.subresource in BODIES:
        found = validation.validate_body(BODIES[step.subresource], obj)
    elif step.old is None:
        found = validation.validate_create(step.resource, obj)
    elif step.subresource == "status":
        found = validation.validate_status_update(step.resource, obj, step.old)
    elif step.subresource:
        found = validation.validate_subresource_update(step.resource, step.subresource, obj, step.old)
    else:
        found = validation.validate_update(step.resource, obj, step.old)
    return sorted((error.path, error.message, error.reason) for error in found)


def told(errors: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Errors without the difference that a message may end with, which every server prints its own way."""
    return [(path, message.partition("\n")[0], reason) for path, message, reason in errors]


@pytest.mark.parametrize("step", [pytest.param(step, id=step.id) for step in steps()])
def test_what_the_server_says_of_a_recorded_write_is_said_here(step: Step) -> None:
    assert told(errors_of(step)) == told(step.wanted)


def custom_objects() -> Iterator[tuple[str, JSON, JSON, list[tuple[str, str, str]]]]:
    for category, case in cases():
        if category != "crd" or case["name"].startswith("cel"):
            continue
        schemas: dict[str, JSON] = {}
        for index, recorded in enumerate(case["steps"]):
            request, response = placed(recorded["request"]), placed(recorded["response"])
            body = request.get("body")
            if request["method"] != "POST" or not isinstance(body, dict) or response["status"] not in (201, 422):
                continue
            if CRDS in request["path"]:
                given = body["spec"]["versions"]
                schemas = {each["name"]: (each.get("schema") or {}).get("openAPIV3Schema") for each in given}
            elif "spec" in body and (schema := schemas.get(request["path"].split("/")[3])):
                yield f"{case['name']}-{index}", schema, body, causes(response)


@pytest.mark.parametrize(
    ("schema", "body", "wanted"), [pytest.param(*rest, id=name) for name, *rest in custom_objects()]
)
def test_what_the_server_says_of_a_recorded_custom_object_is_said_here(
    schema: JSON, body: JSON, wanted: list[tuple[str, str, str]]
) -> None:
    found = values.validate(body, schema)
    assert sorted((error.path, error.message, error.reason) for error in found) == wanted
