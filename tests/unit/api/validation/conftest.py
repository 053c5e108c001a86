"""What is said of an object, as lines `path: message`, after the defaults of its kind."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from pyk3s.api import decoding, defaulting, validation
from pyk3s.api.schema import pack

JSON = dict[str, Any]
Said = Callable[..., list[str]]


def _prepared(plural: str, group: str, obj: JSON) -> tuple[Any, JSON]:
    resource = next(each for each in pack.load().catalog if (each.group, each.plural) == (group, plural))
    ready = {"apiVersion": resource.api_version, "kind": resource.kind, **copy.deepcopy(obj)}
    meta = ready.setdefault("metadata", {})
    meta.setdefault("name", "one")
    if resource.namespaced:
        meta.setdefault("namespace", "default")
    decoding.conform(resource, ready, "Strict")
    defaulting.apply_defaults(resource, ready)
    return resource, ready


@pytest.fixture
def said() -> Said:
    """What is said of creating an object of a resource such as `deployments.apps`."""

    def ask(qualified: str, obj: JSON) -> list[str]:
        plural, _, group = qualified.partition(".")
        resource, ready = _prepared(plural, group, obj)
        return [f"{error.path}: {error.message}" for error in validation.validate_create(resource, ready)]

    return ask


@pytest.fixture
def said_of_update() -> Said:
    """What is said of replacing one object by another, by the main resource or a sub-resource."""

    def ask(qualified: str, old: JSON, new: JSON, subresource: str = "", *, version: str = "1") -> list[str]:
        plural, _, group = qualified.partition(".")
        resource, before = _prepared(plural, group, old)
        _, after = _prepared(plural, group, new)
        for each in (before, after):
            each["metadata"]["resourceVersion"] = version
        if subresource == "status":
            errors = validation.validate_status_update(resource, after, before)
        elif subresource:
            errors = validation.validate_subresource_update(resource, subresource, after, before)
        else:
            errors = validation.validate_update(resource, after, before)
        return [f"{error.path}: {error.message}" for error in errors]

    return ask
