"""OpenAPI documents: complete as far as they refer, of the version they say, and forgotten when resources change."""

import dataclasses
import gzip
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from pyk3s.api import openapi
from pyk3s.api.catalog import Resource
from pyk3s.api.customresources import kind as custom_kinds
from pyk3s.api.openapi import protobuf
from pyk3s.api.schema import builtin
from pyk3s.lib import protobuf as wire

GOLDEN = pathlib.Path(__file__).parents[5] / "shared" / "golden" / "discovery.json"
GADGET = Resource(
    "example.com", "v1", "gadgets", "gadget", "Gadget", True, builtin.ALL_VERBS, "com.example.v1.Gadget", stored=True
)
SCHEMA = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}}


def documents(*customs: Resource) -> openapi.Documents:
    catalog = builtin.catalog()
    for each in customs:
        catalog.add(each)
    schema_of = dict.fromkeys(customs, SCHEMA).get
    return openapi.Documents(catalog, release="v1.36.2", schema_of=schema_of)


def v3(made: openapi.Documents, name: str) -> Any:
    data = made.v3_document(name)
    assert data is not None
    return json.loads(gzip.decompress(data))


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


@pytest.mark.parametrize("name", ["api/v1", "apis/apps/v1", "apis/apiextensions.k8s.io/v1", "apis/apps", "version"])
def test_every_reference_is_in_the_document(name: str) -> None:
    document = v3(documents(), name)
    assert {each.rpartition("/")[2] for each in references(document)} <= document["components"]["schemas"].keys()
    assert all(each.startswith("#/components/schemas/") for each in references(document))


def test_operations_name_kind_action_and_parameters() -> None:
    paths = v3(documents(), "apis/apps/v1")["paths"]
    patch = paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"]
    assert patch["x-kubernetes-group-version-kind"] == {"group": "apps", "kind": "Deployment", "version": "v1"}
    assert patch["x-kubernetes-action"] == "patch"
    assert {each["name"] for each in patch["parameters"]} == {"dryRun", "fieldManager", "fieldValidation", "force"}
    assert "/apis/apps/v1/deployments" in paths
    assert "get" in paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale"]


def test_only_built_in_kinds_offer_strategic_patches() -> None:
    strategic = "application/strategic-merge-patch+json"
    names = {"plural": "gadgets", "kind": "Gadget"}
    version = {"name": "v1", "schema": {"openAPIV3Schema": SCHEMA}}
    definition = {"metadata": {}, "spec": {"group": "example.com", "names": names, "versions": [version]}}
    gadget = dataclasses.replace(GADGET, custom=custom_kinds.CustomKind(definition, version))
    paths = v3(documents(gadget), "apis/example.com/v1")["paths"]
    taken = paths["/apis/example.com/v1/namespaces/{namespace}/gadgets/{name}"]["patch"]["requestBody"]["content"]
    assert "application/merge-patch+json" in taken
    assert strategic not in taken
    built_in = v3(documents(), "apis/apps/v1")["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]
    assert strategic in built_in["patch"]["requestBody"]["content"]


def test_schemas_carry_texts_kinds_and_merge_keys() -> None:
    schemas = v3(documents(), "api/v1")["components"]["schemas"]
    pod = schemas["io.k8s.api.core.v1.Pod"]
    assert pod["x-kubernetes-group-version-kind"] == [{"group": "", "kind": "Pod", "version": "v1"}]
    assert pod["properties"]["spec"]["description"].startswith("Specification of the desired behavior")
    containers = schemas["io.k8s.api.core.v1.PodSpec"]["properties"]["containers"]
    assert containers["x-kubernetes-patch-merge-key"] == "name"
    assert schemas["io.k8s.apimachinery.pkg.api.resource.Quantity"]["oneOf"] == [{"type": "string"}, {"type": "number"}]


def test_the_second_version_is_one_document_of_everything() -> None:
    document = json.loads(gzip.decompress(documents().v2_document()))
    assert {each.rpartition("/")[2] for each in references(document)} <= document["definitions"].keys()
    assert document["definitions"]["io.k8s.api.core.v1.Pod"]["properties"]["spec"]["$ref"].startswith("#/definitions/")
    assert "/apis/batch/v1/namespaces/{namespace}/jobs" in document["paths"]


def test_the_protobuf_form_holds_the_same_definitions() -> None:
    made = documents()
    text = json.loads(gzip.decompress(made.v2_document()))
    decoded = wire.Codec(protobuf._TABLES).decode("v2.Document", gzip.decompress(made.v2_protobuf()))
    named = {each["name"]: each["value"] for each in decoded["definitions"]["additional_properties"]}
    assert named.keys() == text["definitions"].keys()
    pod = named["io.k8s.api.core.v1.Pod"]
    (extension,) = pod["vendor_extension"]
    assert extension["name"] == "x-kubernetes-group-version-kind"
    assert json.loads(extension["value"]["yaml"]) == [{"group": "", "kind": "Pod", "version": "v1"}]


def test_custom_resources_are_described_by_their_own_schema() -> None:
    made = documents(GADGET)
    document = v3(made, "apis/example.com/v1")
    gadget = document["components"]["schemas"]["com.example.v1.Gadget"]
    assert gadget["properties"]["spec"]["properties"]["size"] == {"type": "integer"}
    assert gadget["properties"]["metadata"]["allOf"][0]["$ref"].endswith(".ObjectMeta")
    assert "com.example.v1.GadgetList" in document["components"]["schemas"]
    swagger = json.loads(gzip.decompress(made.v2_document()))
    assert swagger["definitions"]["com.example.v1.Gadget"]["properties"]["spec"]["type"] == "object"


def test_a_change_shows_in_document_and_hash() -> None:
    catalog = builtin.catalog()
    made = openapi.Documents(catalog, release="v1.36.2")
    before, apps = made.v3_hash("apis/example.com/v1"), made.v3_hash("apis/apps/v1")
    assert made.v3_document("apis/example.com/v1") is None
    catalog.add(GADGET)
    made.changed("example.com", "v1")
    assert made.v3_document("apis/example.com/v1") is not None
    assert made.v3_hash("apis/example.com/v1") != before and made.v3_hash("apis/apps/v1") == apps


@pytest.mark.golden
@pytest.mark.skipif(not GOLDEN.exists(), reason="the golden corpus is not beside this checkout")
def test_the_index_names_the_documents_that_a_real_server_has() -> None:
    recorded = next(case for case in json.loads(GOLDEN.read_text()) if case["name"] == "openapi-v3")
    index = json.loads(documents().v3_index())
    assert index["paths"].keys() == recorded["steps"][0]["response"]["body"]["paths"].keys()
    for name, each in index["paths"].items():
        assert each["serverRelativeURL"].startswith(f"/openapi/v3/{name}?hash=")
