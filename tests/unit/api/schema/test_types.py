"""Types of the schema pack."""

from pyk3s.api.schema import pack

POD = "io.k8s.api.core.v1.Pod"


def test_every_served_kind_has_a_type() -> None:
    loaded = pack.load()
    assert all(loaded.type(resource.definition).kind == "object" for resource in loaded.catalog)


def test_a_keyed_list_knows_its_keys_and_its_patch_strategy() -> None:
    ports = pack.load().type("io.k8s.api.core.v1.Container").fields["ports"]
    assert ports.type.kind == "array"
    assert (ports.type.list_type, ports.type.list_map_keys) == ("map", ("containerPort", "protocol"))
    assert (ports.merge_key, ports.patch_strategy) == ("containerPort", {"merge"})


def test_special_values_have_kinds_of_their_own() -> None:
    loaded = pack.load()
    meta = loaded.type("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta").fields
    assert meta["creationTimestamp"].type.kind == "time"
    assert meta["labels"].type.kind == "map" and meta["labels"].type.values is not None
    assert loaded.type("io.k8s.api.core.v1.Secret").fields["data"].type.values.kind == "bytes"  # type: ignore[union-attr]
    limits = loaded.type("io.k8s.api.core.v1.ResourceRequirements").fields["limits"].type
    assert limits.values is not None and limits.values.kind == "quantity"


def test_recursive_types_are_compiled_once() -> None:
    props = pack.load().type("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps")
    assert props.fields["properties"].type.values is props


def test_texts_are_kept_apart() -> None:
    assert "description" not in pack.load().schema(POD)
    assert pack.load_texts()[POD][""].startswith("Pod is a collection of containers")
