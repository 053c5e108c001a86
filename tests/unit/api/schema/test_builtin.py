"""The catalogue of built-in resources: what it says, and that it says what a real API server says."""

import json
import pathlib

import pytest

from pyk3s.api.catalog import Resource
from pyk3s.api.schema import builtin

GOLDEN = pathlib.Path(__file__).parents[5] / "shared" / "golden" / "discovery.json"


def shown(resource: Resource) -> dict[str, object]:
    row = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(resource.verbs),
        "shortNames": list(resource.short_names),
        "categories": list(resource.categories),
        "storageVersionHash": resource.storage_version_hash,
    }
    return {key: value for key, value in row.items() if value or key in ("singularName", "namespaced")}


def rows() -> dict[tuple[str, str], list[dict[str, object]]]:
    found: dict[tuple[str, str], list[dict[str, object]]] = {}
    for resource in builtin.catalog():
        listed = found.setdefault((resource.group, resource.version), [])
        listed.append(shown(resource))
        for sub in resource.subresources:
            row = {"name": f"{resource.plural}/{sub.name}", "singularName": "", "namespaced": resource.namespaced}
            row |= {"group": sub.group, "version": sub.version} if sub.version else {}
            listed.append({**row, "kind": sub.kind, "verbs": list(sub.verbs)})
    return found


def test_resources_are_found_by_path_and_by_kind() -> None:
    catalog = builtin.catalog()
    found = catalog.find("apps", "v1", "deployments")
    assert found is not None and found is catalog.by_kind("apps", "v1", "Deployment")
    assert found.subresource("scale") is not None and found.subresource("log") is None


def test_keys_are_those_of_upstream() -> None:
    prefixes = {resource.qualified: resource.storage_prefix for resource in builtin.catalog()}
    assert prefixes["pods"] == "/registry/pods/"
    assert prefixes["nodes"] == "/registry/minions/"
    assert prefixes["endpoints"] == "/registry/services/endpoints/"
    assert prefixes["apiservices.apiregistration.k8s.io"] == "/registry/apiregistration.k8s.io/apiservices/"
    assert prefixes["tokenreviews.authentication.k8s.io"] == ""


def test_autoscalers_and_events_are_stored_in_their_other_form() -> None:
    catalog = builtin.catalog()
    stored = {(each.group, each.version, each.plural): each.stored_as for each in catalog}
    assert stored["autoscaling", "v1", "horizontalpodautoscalers"] == ("autoscaling", "v2")
    assert stored["events.k8s.io", "v1", "events"] == ("", "v1")
    assert stored["apps", "v1", "deployments"] == ("apps", "v1")


@pytest.mark.golden
@pytest.mark.skipif(not GOLDEN.exists(), reason="the golden corpus is not beside this checkout")
def test_discovery_lists_what_a_real_server_lists() -> None:
    mine = rows()
    recorded = {}
    for case in json.loads(GOLDEN.read_text()):
        body = case["steps"][0]["response"]["body"]
        if isinstance(body, dict) and body.get("kind") == "APIResourceList":
            group, _, version = body["groupVersion"].rpartition("/")
            recorded[group, version] = body["resources"]
    assert mine == recorded
