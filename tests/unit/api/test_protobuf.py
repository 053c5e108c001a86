"""Protobuf bodies: what goes in comes out, and nothing malformed does harm."""

import json
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyk3s.api import protobuf

GOLDEN = pathlib.Path(__file__).parents[4] / "shared" / "golden" / "create-defaults.json"

POD = {
    "kind": "Pod",
    "apiVersion": "v1",
    "metadata": {"name": "web", "creationTimestamp": "2026-01-02T03:04:05Z", "labels": {"a": "b"}},
    "spec": {
        "terminationGracePeriodSeconds": 0,
        "volumes": [{"name": "v", "emptyDir": {"sizeLimit": "1Gi"}}, {"name": "c", "configMap": {"name": "x"}}],
        "containers": [
            {
                "name": "main",
                "livenessProbe": {"httpGet": {"port": "http", "path": "/"}},
                "resources": {"limits": {"cpu": "100m"}},
                "ports": [{"containerPort": 80}],
            }
        ],
    },
}


def test_a_pod_comes_back_as_it_was():
    assert protobuf.decode(protobuf.encode(POD)) == POD


def test_bytes_are_base64_text_in_json():
    secret = {"kind": "Secret", "apiVersion": "v1", "data": {"key": "AAEC"}}
    encoded = protobuf.encode(secret)
    assert b"\x00\x01\x02" in encoded
    assert protobuf.decode(encoded) == secret


def test_raw_json_of_owned_fields_survives():
    entry = {"manager": "m", "operation": "Update", "fieldsV1": {"f:data": {".": {}}}}
    config = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"managedFields": [entry]}}
    assert protobuf.decode(protobuf.encode(config)) == config


def test_options_are_known_in_every_group():
    options = {"kind": "DeleteOptions", "apiVersion": "policy/v1", "gracePeriodSeconds": 0}
    assert protobuf.decode(protobuf.encode(options)) == options


def test_a_custom_kind_has_no_protobuf_form():
    with pytest.raises(protobuf.ProtobufError, match='no kind "Widget" is registered'):
        protobuf.encode({"kind": "Widget", "apiVersion": "example.com/v1"})


@pytest.mark.parametrize(("api_version", "kind"), [("apps.example.com/v1", "Deployment"), ("example.com/v1", "Status")])
def test_a_custom_kind_called_like_a_built_in_one_has_none_either(api_version, kind):
    assert not protobuf.supports(api_version, kind)


def test_metadata_alone_has_a_protobuf_form_and_a_table_has_none():
    assert protobuf.supports("meta.k8s.io/v1", "PartialObjectMetadata")
    assert not protobuf.supports("meta.k8s.io/v1", "Table")


def test_bytes_without_the_prefix_are_refused():
    with pytest.raises(protobuf.ProtobufError, match="expected prefix"):
        protobuf.decode(b"{}")


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused(data):
    envelope = protobuf.encode(POD)
    for attempt in (protobuf.MAGIC + data, envelope[:40] + data + envelope[40:]):
        try:
            protobuf.decode(attempt)
        except protobuf.ProtobufError:
            pass


@given(st.integers(min_value=4, max_value=300))
def test_a_message_cut_short_is_decoded_or_refused(length):
    try:
        protobuf.decode(protobuf.encode(POD)[:length])
    except protobuf.ProtobufError:
        pass


def test_a_watch_frame_begins_with_its_length():
    frame = protobuf.encode_watch_event("ADDED", protobuf.encode(POD))
    assert int.from_bytes(frame[:4], "big") == len(frame) - 4


def meaningful(value):
    """A value without what protobuf leaves out: nothing, empty texts and lists, zeros."""
    if isinstance(value, dict):
        kept = {name: meaningful(inner) for name, inner in value.items()}
        return {name: inner for name, inner in kept.items() if inner not in (None, "", [], 0, {})}
    if isinstance(value, list):
        return [meaningful(item) for item in value]
    return value


@pytest.mark.golden
@pytest.mark.skipif(not GOLDEN.exists(), reason="needs the recordings in ../shared/golden")
def test_recorded_objects_come_back_as_they_were():
    text = (
        GOLDEN.read_text()
        .replace("$TIME", "2026-01-02T03:04:05Z")
        .replace('"$PORT"', "30000")
        .replace("$MICROTIME", "2026-01-02T03:04:05.000001Z")
    )
    compared = 0
    for case in json.loads(text):
        for step in case["steps"]:
            body = step["response"].get("body")
            if isinstance(body, dict) and body.get("kind") != "Status":
                for claim in (body.get("spec") or {}).get("volumeClaimTemplates", ()):
                    del claim["kind"], claim["apiVersion"]  # messages within messages do not say their kind
                assert meaningful(protobuf.decode(protobuf.encode(body))) == meaningful(body), case["name"]
                compared += 1
    assert compared > 100
