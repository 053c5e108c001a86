"""Request bodies: parsing, naming, typing, and the words for what is wrong with them."""

import json
from typing import Any

import pytest

from pyk3s.api import decoding
from pyk3s.api.schema import pack
from pyk3s.api.status import StatusError


def resource(plural: str, group: str = "", version: str = "v1") -> Any:
    found = pack.load().catalog.find(group, version, plural)
    assert found is not None
    return found


def read(plural: str, body: Any, *, group: str = "", media: str = "application/json", validation: Any = "Warn") -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return decoding.read(resource(plural, group), data, media, validation)


def refusal(plural: str, body: Any, **options: Any) -> str:
    with pytest.raises(StatusError) as raised:
        read(plural, body, **options)
    return raised.value.message


def pod(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c"}], **spec}}


def test_missing_kind_and_version_are_filled_in() -> None:
    obj, warnings = read("configmaps", {"metadata": {"name": "x"}})
    assert (obj["apiVersion"], obj["kind"], warnings) == ("v1", "ConfigMap", [])


@pytest.mark.parametrize(("body", "media"), [(b"null", "application/json"), (b"", "application/yaml")])
def test_a_body_that_is_null_is_an_object_that_says_nothing(body: bytes, media: str) -> None:
    obj, warnings = read("configmaps", body, media=media)
    assert (obj["kind"], obj.get("data"), warnings) == ("ConfigMap", None, [])


def test_unknown_fields_are_dropped_and_reported_with_their_path() -> None:
    body = pod(containers=[{"name": "c", "imagee": "x"}], colour="red")
    obj, warnings = read("pods", body)
    assert warnings == ['unknown field "spec.containers[0].imagee"', 'unknown field "spec.colour"']
    assert "colour" not in obj["spec"] and "imagee" not in obj["spec"]["containers"][0]
    assert read("pods", body, validation="Ignore")[1] == []
    assert refusal("pods", pod(colour="red"), validation="Strict") == (
        'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.colour"'
    )


def test_field_names_are_case_sensitive() -> None:
    assert read("configmaps", {"Data": {"a": "b"}})[1] == ['unknown field "Data"']


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (
            {"priority": "high"},
            "json: cannot unmarshal string into Go struct field PodSpec.spec.priority of type int32",
        ),
        (
            {"priority": 3e9},
            "json: cannot unmarshal number 3000000000.0 into Go struct field PodSpec.spec.priority of type int32",
        ),
        (
            {"hostNetwork": "yes"},
            "json: cannot unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool",
        ),
        (
            {"containers": {}},
            "json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container",
        ),
        (
            {"containers": [{"name": 1}]},
            "json: cannot unmarshal number into Go struct field Container.spec.containers.name of type string",
        ),
        (
            {"affinity": []},
            "json: cannot unmarshal array into Go struct field PodSpec.spec.affinity of type v1.Affinity",
        ),
        (
            {"overhead": {"cpu": "x"}},
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        ),
    ],
)
def test_a_wrong_type_is_told_as_upstream_tells_it(spec: dict[str, Any], told: str) -> None:
    assert refusal("pods", pod(**spec)) == f'Pod in version "v1" cannot be handled as a Pod: {told}'


def test_a_time_that_is_none_is_told_as_upstream_tells_it() -> None:
    body = {"metadata": {"name": "x", "creationTimestamp": "yesterday"}}
    assert refusal("configmaps", body).endswith(
        'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"'
    )


def test_values_come_back_in_canonical_spelling() -> None:
    body = pod(overhead={"cpu": 1.5, "memory": "1024Ki"})
    body["metadata"]["creationTimestamp"] = "2026-01-31T13:00:00.5+01:00"
    obj, _ = read("pods", body)
    assert obj["spec"]["overhead"] == {"cpu": "1500m", "memory": "1Mi"}
    assert obj["metadata"]["creationTimestamp"] == "2026-01-31T12:00:00Z"


def test_nothing_is_dropped_if_it_is_empty_and_zero_stays_where_it_means_something() -> None:
    obj, _ = read(
        "pods", pod(hostNetwork=False, automountServiceAccountToken=False, volumes=[], nodeName="", affinity=None)
    )
    spec = obj["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "volumes", "nodeName", "affinity"} & spec.keys()


def test_structs_held_by_value_are_always_there() -> None:
    obj, _ = read("deployments", {"spec": {}}, group="apps")
    assert obj["metadata"] == {} and obj["status"] == {} and obj["spec"]["strategy"] == {}
    assert obj["spec"]["template"] == {"metadata": {}, "spec": {"containers": None}}


def test_a_struct_that_must_be_told_is_not_made_up() -> None:
    assert read("ipaddresses", {"spec": {}}, group="networking.k8s.io")[0]["spec"] == {}


def test_a_null_in_a_map_of_texts_is_the_empty_text() -> None:
    assert read("configmaps", {"data": {"a": None}})[0]["data"] == {"a": ""}


def test_repeated_keys_are_found_at_any_depth_and_despite_colons_in_texts() -> None:
    body = b'{"metadata":{"name":"x","labels":{"a":"1","a" : "2"}},"data":{"j":"{\\"k\\": 1}"}}'
    assert read("configmaps", body)[1] == ['duplicate field "metadata.labels.a"']
    assert read("configmaps", body.replace(b'"a":"1",', b""))[1] == []


@pytest.mark.parametrize("text", [b":", b"\\u003a", b'\\":', b"\\u0022:", b"\\\\", "é".encode()])
def test_no_text_hides_a_repeated_key_or_looks_like_one(text: bytes) -> None:
    body = b'{"metadata":{"name":"x"},"data":{"a":"1","b":"%b"%b}}'
    assert read("configmaps", body % (text, b""))[1] == []
    assert read("configmaps", body % (text, b',"a":"2"'))[1] == ['duplicate field "data.a"']


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "unexpected end of JSON input (<empty>)"),
        (b'{"kind": ', 'unexpected end of JSON input ({"kind": )'),
        (b'{"kind": x}', "invalid character 'x' looking for beginning of value"),
        (b'{"kind" 1}', "invalid character '1' after object key"),
        (b'{"kind": 1 2}', "invalid character '2' after object key:value pair"),
        (b"{} {}", "invalid character '{' after top-level value"),
        (b"{1: 2}", "invalid character '1' looking for beginning of object key string"),
        (b'{"kind": 5}', "json: cannot unmarshal number into Go struct field .kind of type string"),
    ],
)
def test_malformed_json_is_told_as_upstream_tells_it(body: bytes, told: str) -> None:
    assert told in refusal("configmaps", body)


def test_hostile_nesting_is_a_bad_request() -> None:
    for body in (b"[" * 100_000, b'{"a":' * 100_000, b'{"metadata":' * 3000 + b"1" + b"}" * 3000):
        with pytest.raises(StatusError) as raised:
            read("configmaps", body)
        assert raised.value.code == 400


def test_another_kind_is_refused_by_name() -> None:
    assert refusal("configmaps", {"apiVersion": "v1", "kind": "Secret"}) == (
        'Secret in version "v1" cannot be handled as a ConfigMap: '
        "converting (v1.Secret) to (core.ConfigMap): unknown conversion"
    )
    assert 'no kind "Nonsense" is registered for version "v1"' in refusal("configmaps", {"kind": "Nonsense"})
    assert "does not match the expected API version (apps/v1)" in refusal(
        "deployments", {"apiVersion": "apps/v1beta1", "kind": "Deployment"}, group="apps"
    )


def test_schemas_inside_a_custom_resource_definition_are_typed_too() -> None:
    schema = {"type": "object", "additionalProperties": {"typo": 1}, "items": [{"type": "string", "maxLength": 0}]}
    version = {"name": "v1", "schema": {"openAPIV3Schema": schema}}
    obj, warnings = read("customresourcedefinitions", {"spec": {"versions": [version]}}, group="apiextensions.k8s.io")
    assert warnings == ['unknown field "spec.versions[0].schema.openAPIV3Schema.additionalProperties.typo"']
    kept = obj["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    assert kept == {"type": "object", "additionalProperties": {}, "items": [{"type": "string", "maxLength": 0}]}


def test_unknown_media_types_are_refused() -> None:
    with pytest.raises(StatusError) as raised:
        read("configmaps", b"<x/>", media="text/xml")
    assert raised.value.code == 415


def test_yaml_is_read_as_upstream_reads_it() -> None:
    text = b"metadata: {name: x}\ndata:\n  a: '1'\n  t: 2026-01-31\n  s: 1:30\nimmutable: y\n---\nignored: true\n"
    obj, warnings = read("configmaps", text, media="application/yaml; charset=utf-8")
    assert obj["data"] == {"a": "1", "t": "2026-01-31", "s": "1:30"} and obj["immutable"] is True and warnings == []


def test_repeated_keys_in_yaml_are_reported_with_their_line() -> None:
    _, warnings = read("configmaps", b"data:\n  a: x\n  a: z\n", media="application/yaml")
    assert warnings == ['yaml: unmarshal errors:\n  line 3: key "a" already set in map']


def test_yaml_that_unfolds_without_end_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert "excessive aliasing" in refusal("configmaps", "\n".join(lines).encode(), media="application/yaml")


def test_broken_yaml_is_told_with_its_line() -> None:
    assert "error converting YAML to JSON: yaml: line " in refusal("configmaps", b"a: [1\n", media="application/yaml")


def test_delete_options_may_come_in_the_version_of_what_is_deleted() -> None:
    options = decoding.Body("", "v1", "DeleteOptions", "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions")
    body = b'{"kind": "DeleteOptions", "apiVersion": "batch/v1", "gracePeriodSeconds": 0}'
    obj, _ = decoding.read(options, body, "", "Ignore")
    assert obj == {"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0}
    with pytest.raises(StatusError):
        decoding.read(options, body.replace(b"batch", b"nowhere"), "", "Ignore")
