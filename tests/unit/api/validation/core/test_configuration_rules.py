"""ConfigMaps, Secrets, quotas, claims and volumes."""

import base64


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_a_key_cannot_be_text_and_bytes(said) -> None:
    found = said("configmaps", {"data": {"a": "x"}, "binaryData": {"a": encoded("x")}})
    assert found == ['data[a]: Invalid value: "a": duplicate of key present in binaryData']


def test_one_mebibyte_is_enough_for_everybody(said) -> None:
    assert said("configmaps", {"data": {"a": "x" * 1048576}}) == []
    assert said("configmaps", {"data": {"a": "x" * 1048577}}) == [": Too long: may not be more than 1048576 bytes"]
    assert said("secrets", {"data": {"a": encoded("x" * 1048577)}}) == [
        "data: Too long: may not be more than 1048576 bytes"
    ]


def test_immutable_stays_immutable(said_of_update) -> None:
    sealed = {"immutable": True, "data": {"a": "1"}}
    assert said_of_update("configmaps", sealed, sealed) == []
    assert said_of_update("configmaps", sealed, {"data": {"a": "2"}}) == [
        "immutable: Forbidden: field is immutable when `immutable` is set",
        "data: Forbidden: field is immutable when `immutable` is set",
    ]


def test_a_registry_secret_is_a_json_object(said) -> None:
    def told(text: str) -> list[str]:
        return said("secrets", {"type": "kubernetes.io/dockercfg", "data": {".dockercfg": encoded(text)}})

    assert told('{"a": {}}') == []
    assert told("{")[0].endswith("unexpected end of JSON input")
    assert told("[]")[0].endswith("cannot unmarshal array into Go value of type map[string]interface {}")
    assert told("x")[0].endswith("invalid character 'x' looking for beginning of value")
    assert "secret contents redacted" in told("[" * 100_000)[0]


def test_a_quota_scope_fits_its_resources(said) -> None:
    assert said("resourcequotas", {"spec": {"hard": {"secrets": "1"}, "scopes": ["BestEffort"]}}) == [
        'spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource'
    ]


def test_a_limit_ratio_fits_between_its_bounds(said) -> None:
    limit = {"type": "Container", "min": {"cpu": "1"}, "max": {"cpu": "2"}, "maxLimitRequestRatio": {"cpu": "3"}}
    found = said("limitranges", {"spec": {"limits": [limit]}})
    expected = (
        'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "3": ratio 3 is greater than max/min = 2.000000'
    )
    assert found == [expected]


def claim(size: str, **spec: object) -> dict[str, object]:
    return {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, **spec}}


def test_a_bound_claim_may_grow(said_of_update) -> None:
    bound = {**claim("1Gi", volumeName="v"), "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}}}
    grown = {**claim("2Gi", volumeName="v"), "status": bound["status"]}
    assert said_of_update("persistentvolumeclaims", bound, grown) == []
    shrunk = {**claim("512Mi", volumeName="v"), "status": bound["status"]}
    assert said_of_update("persistentvolumeclaims", bound, shrunk) == [
        "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"
    ]


def test_binding_fills_in_the_volume_of_a_claim(said_of_update) -> None:
    assert said_of_update("persistentvolumeclaims", claim("1Gi"), claim("1Gi", volumeName="v")) == []


def test_the_source_of_a_volume_is_fixed(said_of_update) -> None:
    def volume(path: str) -> dict[str, object]:
        spec = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": path}}
        return {"spec": spec}

    (found,) = said_of_update("persistentvolumes", volume("/a"), volume("/b"))
    assert found.startswith("spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable")


def test_a_node_keeps_its_networks(said_of_update) -> None:
    found = said_of_update("nodes", {"spec": {"podCIDRs": ["10.42.0.0/24"]}}, {"spec": {"podCIDRs": ["10.42.1.0/24"]}})
    assert found == ['spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid']


def test_a_taint_has_an_effect(said) -> None:
    assert said("nodes", {"spec": {"taints": [{"key": "a", "effect": ""}]}}) == [
        "spec.taints[0].effect: Required value"
    ]
