"""Paths and operations of resources, in OpenAPI 2 and 3.

Carries what clients look up: group, version and kind and the action of an operation, its parameters by name, bodies and
answers. The deprecated /watch/ paths are served, but not described.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from pyk3s.api.catalog import Resource, SubResource
from pyk3s.api.openapi.definitions import META, Builder, kind_of

JSON = dict[str, Any]

STRATEGIC_PATCH = "application/strategic-merge-patch+json"
PATCHES = (
    "application/json-patch+json",
    "application/merge-patch+json",
    STRATEGIC_PATCH,
    "application/apply-patch+yaml",
    "application/apply-patch+cbor",
)
# By these kubectl chooses how to patch: custom resources take no strategic merge patch.
CUSTOM_PATCHES = tuple(form for form in PATCHES if form != STRATEGIC_PATCH)
FORMS = ("application/json", "application/yaml", "application/vnd.kubernetes.protobuf")
STREAMS = ("application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch")
ANY_FORM = ("*/*",)


class _Verb(NamedTuple):
    method: str
    word: str  # in operation ids
    action: str
    parameters: tuple[str, ...]


_SELECTION = (
    "allowWatchBookmarks continue fieldSelector labelSelector limit resourceVersion resourceVersionMatch"
    " sendInitialEvents timeoutSeconds watch"
)
_DELETION = (
    "dryRun gracePeriodSeconds ignoreStoreReadErrorWithClusterBreakingPotential orphanDependents propagationPolicy"
)

_VERBS = {
    "list": _Verb("get", "list", "list", tuple(_SELECTION.split())),
    "create": _Verb("post", "create", "post", ("dryRun", "fieldManager", "fieldValidation")),
    "deletecollection": _Verb(
        "delete",
        "deleteCollection",
        "deletecollection",
        tuple(sorted({*_SELECTION.split(), *_DELETION.split()} - {"watch", "allowWatchBookmarks"})),
    ),
    "get": _Verb("get", "read", "get", ()),
    "update": _Verb("put", "replace", "put", ("dryRun", "fieldManager", "fieldValidation")),
    "delete": _Verb("delete", "delete", "delete", tuple(_DELETION.split())),
    "patch": _Verb("patch", "patch", "patch", ("dryRun", "fieldManager", "fieldValidation", "force")),
}
_ON_COLLECTION = ("list", "create", "deletecollection")
_ON_OBJECT = ("get", "update", "delete", "patch")

_INTEGERS = frozenset({"gracePeriodSeconds", "limit", "timeoutSeconds"})
_BOOLEANS = frozenset(
    {
        "allowWatchBookmarks",
        "force",
        "ignoreStoreReadErrorWithClusterBreakingPotential",
        "orphanDependents",
        "sendInitialEvents",
        "watch",
    }
)
_CONNECTING = {"create": "post", "delete": "delete", "get": "get", "patch": "patch", "update": "put"}


def discovery(builder: Builder, path: str, answers: str) -> JSON:
    """The path of a discovery document that answers with a definition."""
    words = "".join(word.capitalize() for word in path.replace(".", "/").split("/") if word)
    operation = {
        "operationId": f"get{words}",
        "responses": _responses(builder, builder.reference(answers), FORMS),
    }
    return {"get": _with_forms(builder, operation, FORMS)}


def paths(builder: Builder, resource: Resource) -> dict[str, JSON]:
    """Every path of a resource and its sub-resources."""
    root = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    scoped = (
        f"{root}/namespaces/{{namespace}}/{resource.plural}" if resource.namespaced else f"{root}/{resource.plural}"
    )
    found: dict[str, JSON] = {}
    if resource.namespaced and "list" in resource.verbs:
        found[f"{root}/{resource.plural}"] = {"get": _operation(builder, resource, "list", everywhere=True)}
    _add(found, scoped, _verbs(builder, resource, _ON_COLLECTION), _path_parameters(builder, resource, named=False))
    _add(found, f"{scoped}/{{name}}", _verbs(builder, resource, _ON_OBJECT), _path_parameters(builder, resource))
    for sub in resource.subresources:
        operations = dict(_sub_operations(builder, resource, sub))
        _add(found, f"{scoped}/{{name}}/{sub.name}", operations, _path_parameters(builder, resource))
    return found


def _add(found: dict[str, JSON], path: str, operations: JSON, parameters: list[JSON]) -> None:
    if operations:
        found[path] = {**operations, "parameters": parameters} if parameters else operations


def _verbs(builder: Builder, resource: Resource, verbs: tuple[str, ...]) -> JSON:
    return {_VERBS[verb].method: _operation(builder, resource, verb) for verb in verbs if verb in resource.verbs}


def _operation(builder: Builder, resource: Resource, verb: str, *, everywhere: bool = False) -> JSON:
    described = _VERBS[verb]
    scope = "Namespaced" if resource.namespaced and not everywhere else ""
    suffix = "ForAllNamespaces" if everywhere else ""
    reads_list = verb == "list"
    answers = builder.resource_list(resource) if reads_list else builder.resource(resource)
    if verb in ("delete", "deletecollection"):
        answers = builder.reference(META + "Status")
    operation = {
        "operationId": f"{described.word}{_title(resource)}{scope}{resource.kind}{suffix}",
        "tags": [_tag(resource)],
        "parameters": [_query(builder, name) for name in described.parameters],
        "responses": _responses(builder, answers, FORMS + STREAMS if reads_list else FORMS),
        "x-kubernetes-action": described.action,
        "x-kubernetes-group-version-kind": kind_of(resource),
    }
    _take_body(builder, operation, resource, verb, builder.resource(resource))
    return _with_forms(builder, operation, FORMS + STREAMS if reads_list else FORMS)


def _sub_operations(builder: Builder, resource: Resource, sub: SubResource) -> Iterator[tuple[str, JSON]]:
    connects = sub.kind.endswith("Options")
    kind = {
        "group": sub.group or ("" if sub.version else resource.group),
        "kind": sub.kind,
        "version": sub.version or resource.version,
    }
    spoken = builder.body(sub.group, sub.version, sub.kind, resource)
    scope = "Namespaced" if resource.namespaced else ""
    for verb in sub.verbs:
        method = _CONNECTING[verb]
        word = f"connect{method.capitalize()}" if connects else _VERBS[verb].word
        answers = {"type": "string"} if connects or sub.name == "log" else spoken
        operation = {
            "operationId": f"{word}{_title(resource)}{scope}{resource.kind}{sub.name.capitalize()}",
            "tags": [_tag(resource)],
            "parameters": [] if connects else [_query(builder, name) for name in _VERBS[verb].parameters],
            "responses": _responses(builder, answers, ANY_FORM if connects else FORMS),
            "x-kubernetes-action": "connect" if connects else _VERBS[verb].action,
            "x-kubernetes-group-version-kind": kind,
        }
        if not connects:
            _take_body(builder, operation, resource, verb, spoken)
        yield method, _with_forms(builder, operation, ANY_FORM if connects else FORMS)


def _take_body(builder: Builder, operation: JSON, resource: Resource, verb: str, body: JSON) -> None:
    forms: tuple[str, ...] = ANY_FORM
    if verb == "patch":
        body, forms = builder.reference(META + "Patch"), CUSTOM_PATCHES if resource.custom else PATCHES
    elif verb in ("delete", "deletecollection"):
        body = builder.reference(META + "DeleteOptions")
    elif verb not in ("create", "update"):
        return
    required = verb in ("create", "update", "patch")
    if builder.version == 3:
        content = {form: {"schema": body} for form in forms}
        operation["requestBody"] = {"content": content, **({"required": True} if required else {})}
        return
    taken = {"name": "body", "in": "body", "schema": body, **({"required": True} if required else {})}
    operation["parameters"] = [taken, *operation["parameters"]]
    operation["consumes"] = list(forms)


def _responses(builder: Builder, answers: JSON, forms: tuple[str, ...]) -> JSON:
    if builder.version == 3:
        found: JSON = {"description": "OK", "content": {form: {"schema": answers} for form in forms}}
    else:
        found = {"description": "OK", "schema": answers}
    return {"200": found, "401": {"description": "Unauthorized"}}


def _with_forms(builder: Builder, operation: JSON, forms: tuple[str, ...]) -> JSON:
    """Version 2 says in one place in which forms an operation answers."""
    return operation if builder.version == 3 else {**operation, "produces": list(forms), "schemes": ["https"]}


def _path_parameters(builder: Builder, resource: Resource, *, named: bool = True) -> list[JSON]:
    names = ["name"] * named + ["namespace"] * resource.namespaced
    return [{**_parameter(builder, name, "path"), "required": True} for name in names] + [_query(builder, "pretty")]


def _query(builder: Builder, name: str) -> JSON:
    return _parameter(builder, name, "query")


def _parameter(builder: Builder, name: str, place: str) -> JSON:
    kind = "integer" if name in _INTEGERS else "boolean" if name in _BOOLEANS else "string"
    typed = {"type": kind, "uniqueItems": True}
    return {"name": name, "in": place, **({"schema": typed} if builder.version == 3 else typed)}


def _title(resource: Resource) -> str:
    """`AppsV1`, `RbacAuthorizationV1`, `CoreV1`."""
    group = (resource.group or "core").removesuffix(".k8s.io")
    return "".join(word.capitalize() for word in (*group.split("."), resource.version))


def _tag(resource: Resource) -> str:
    title = _title(resource)
    at = len(title) - len(resource.version)
    return f"{title[0].lower()}{title[1:at]}_{resource.version}"
