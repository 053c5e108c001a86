"""Ownership after each recorded create, patch and apply follows from the answer before and the request."""

import copy
import json
import pathlib
import urllib.parse
from typing import Any

import pytest
import yaml

from pyk3s.api import status
from pyk3s.api.ownership import apply, update
from pyk3s.api.schema import pack, types

GOLDEN = pathlib.Path(__file__).parents[5] / "shared" / "golden"
NOW = "2026-01-02T03:04:05Z"

JSON = dict[str, Any]


def cases(category: str) -> list[JSON]:
    path = GOLDEN / f"{category}.json"
    if not path.exists():
        pytest.skip("needs the recordings in ../shared/golden", allow_module_level=True)
    return json.loads(path.read_text())


def type_of(obj: JSON) -> types.Type:
    group, _, version = obj["apiVersion"].rpartition("/")
    resource = pack.load().catalog.by_kind(group, version, obj["kind"])
    assert resource is not None
    return pack.load().type(resource.definition)


def is_object(body: Any) -> bool:
    return isinstance(body, dict) and "metadata" in body and body.get("kind") not in (None, "Status")


def entries(obj: JSON) -> list[JSON]:
    """managedFields with times reduced to whether there is one, in the recordings' order."""
    found = copy.deepcopy(obj["metadata"].get("managedFields") or [])
    for entry in found:
        entry["time"] = "time" in entry
    return sorted(found, key=lambda e: (e["operation"], e["manager"], e["apiVersion"], e.get("subresource", "")))


def without_entries(obj: JSON) -> JSON:
    bare = copy.deepcopy(obj)
    bare["metadata"].pop("managedFields", None)
    return bare


def changing_steps():
    for case in cases("patch"):
        before = None
        for index, step in enumerate(case["steps"]):
            request, body = step["request"], step["response"].get("body")
            if request["method"] in ("PATCH", "PUT") and "/scale" not in request["path"]:
                yield pytest.param(before, request, step["response"], id=f"{case['name']}-{index}")
            if is_object(body) and "dryRun" not in request["path"] and body["kind"] != "Scale":
                before = body


def parsed(request: JSON) -> tuple[dict[str, str], str]:
    url = urllib.parse.urlsplit(request["path"])
    subresource = "status" if url.path.endswith("/status") else ""
    return dict(urllib.parse.parse_qsl(url.query)), subresource


REFUSED_ELSEWHERE = (
    "match the name",
    "has been modified",
    "fieldManager: Required",
    "spec.replicas: Invalid value: -1",
)


@pytest.mark.golden
@pytest.mark.parametrize(("before", "request_", "response"), list(changing_steps()))
def test_ownership_after_a_change_is_as_recorded(before, request_, response):
    query, subresource = parsed(request_)
    body = response["body"]
    reset = {"f:spec": {}} if subresource else {"f:status": {}}
    if any(each in body.get("message", "") for each in REFUSED_ELSEWHERE):
        pytest.skip("refused by another part")
    if "apply" in (request_.get("headers") or {}).get("content-type", ""):
        check_apply(before, request_["body"], response, query, subresource, reset)
    elif is_object(body):
        check_update(before, request_["body"], body, query, subresource, reset)


def check_apply(before, sent, response, query, subresource, reset):
    sent = yaml.safe_load(sent) if isinstance(sent, str) else sent
    body = response["body"]
    asked = apply.Request(
        query["fieldManager"],
        "v1" if "kind" not in sent else sent["apiVersion"],
        sent.get("kind", "ConfigMap"),
        NOW,
        force=query.get("force") == "true",
        subresource=subresource,
        reset=reset,
    )
    type_ = type_of({"apiVersion": asked.api_version, "kind": asked.kind})
    if body["kind"] == "Status":
        with pytest.raises(status.StatusError) as refused:
            apply.apply(type_, before, sent, asked)
        assert refused.value.body() == body
    else:
        result = apply.apply(type_, before, sent, asked)
        assert entries(result) == entries(body)
        if body["kind"] != "Pod":  # admission adds to its lists
            assert lacking(without_entries(result), without_entries(body)) == []


def check_update(before, sent, body, query, subresource, reset):
    new = without_entries(body)
    if isinstance(sent, dict) and "managedFields" in sent.get("metadata", {}):
        new["metadata"]["managedFields"] = sent["metadata"]["managedFields"]
    update.track_update(
        type_of(body),
        copy.deepcopy(before),
        new,
        manager=query.get("fieldManager", "golden"),
        api_version=body["apiVersion"],
        now=NOW,
        subresource=subresource,
        reset=reset,
    )
    assert entries(new) == entries(body)


SET_LATER = {"resourceVersion", "generation", "uid", "creationTimestamp", "namespace"}


def lacking(partial: Any, whole: Any, path: str = "") -> list[str]:
    """Where an object before defaulting says something else than the recorded one after it."""
    if isinstance(partial, dict) and isinstance(whole, dict):
        names = [name for name, value in partial.items() if value is not None and name not in SET_LATER]
        return [each for name in names for each in lacking(partial[name], whole.get(name), f"{path}.{name}")]
    if isinstance(partial, list) and isinstance(whole, list) and len(partial) == len(whole):
        return [
            each for index in range(len(whole)) for each in lacking(partial[index], whole[index], f"{path}[{index}]")
        ]
    return [] if partial == whole else [path]


ADDED_TO_LATER = {
    *("CertificateSigningRequest", "ClusterRole", "Job", "Namespace", "Node", "PersistentVolume"),
    *("PersistentVolumeClaim", "Pod", "Service", "VolumeAttributesClass"),
}


@pytest.mark.golden
def test_ownership_after_a_create_is_as_recorded_where_nothing_is_added_after():
    compared = 0
    for case in cases("create-defaults"):
        for step in case["steps"]:
            body = step["response"].get("body")
            if step["request"]["method"] == "POST" and is_object(body) and body["kind"] not in ADDED_TO_LATER:
                new = without_entries(body)
                update.track_update(
                    type_of(body),
                    None,
                    new,
                    manager="golden",
                    api_version=body["apiVersion"],
                    now=NOW,
                    reset={"f:status": {}},
                )
                assert entries(new) == entries(body), case["name"]
                compared += 1
    assert compared > 40
