"""Widgets of example.com, the custom resource of the tests: its definition, its objects, and waiting for both."""

import time
from collections.abc import Callable
from typing import Any

from api_server import Api

JSON = dict[str, Any]
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
DEFINITION = f"{DEFINITIONS}/widgets.example.com"
ANYTHING = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
TRIES = 100


def path(name: str = "", *, version: str = "v1") -> str:
    """Widgets of the namespace `default`, or one of them."""
    return f"/apis/example.com/{version}/namespaces/default/widgets{name and '/'}{name}"


def widget(name: str, *, version: str = "v1", **spec: Any) -> JSON:
    return {"apiVersion": f"example.com/{version}", "kind": "Widget", "metadata": {"name": name}, "spec": spec}


def struct(**fields: JSON) -> JSON:
    """The schema of an object with these fields."""
    return {"type": "object", "properties": fields}


def version(schema: JSON, name: str = "v1", **more: Any) -> JSON:
    """One version of a definition, served and stored unless `more` says otherwise."""
    return {"name": name, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}, **more}


def definition(*versions: JSON, **more: Any) -> JSON:
    """A CustomResourceDefinition; `more` goes into its spec."""
    spec = {"group": "example.com", "scope": "Namespaced", "names": {"plural": "widgets", "kind": "Widget"}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {**spec, "versions": list(versions), **more},
    }


def define(api: Api, body: JSON) -> None:
    """Make a definition and wait until its resource is served."""
    code, told = api.send("POST", DEFINITIONS, body)
    assert code == 201, told
    until(lambda: is_established(api))


def is_established(api: Api, path: str = DEFINITION) -> bool:
    conditions = api.send("GET", path)[1]["status"]["conditions"] or ()
    return any(each["type"] == "Established" and each["status"] == "True" for each in conditions)


def until(holds: Callable[[], bool]) -> None:
    for _ in range(TRIES):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it never came true")
