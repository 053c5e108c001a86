"""Metadata of every kind: identity, labels, annotations, owners, finalizers, and what may not change."""

import pytest

from pyk3s.api import names

OWNER = {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u"}


def with_meta(**meta: object) -> dict[str, object]:
    return {"metadata": {"name": "one", "namespace": "default", **meta}}


def test_an_ordinary_object_is_accepted(said) -> None:
    assert said("configmaps", with_meta(labels={"a": "b"}, annotations={"example.com/x": "any text"})) == []


def test_an_object_without_a_name_is_refused(said) -> None:
    assert said("configmaps", with_meta(name="")) == ["metadata.name: Required value: name or generateName is required"]


def test_a_bad_prefix_for_generated_names_is_refused(said) -> None:
    found = said("configmaps", with_meta(name="x", generateName="Bad_"))
    assert found == [f'metadata.generateName: Invalid value: "Bad_": {names.SUBDOMAIN_MESSAGE}']


def test_a_cluster_wide_object_has_no_namespace(said) -> None:
    assert said("nodes", {"metadata": {"name": "n", "namespace": "x"}}) == [
        "metadata.namespace: Forbidden: not allowed on this type"
    ]


def test_annotations_together_have_a_limit(said) -> None:
    assert said("configmaps", with_meta(annotations={"a": "x" * 262144})) == [
        "metadata.annotations: Too long: may not be more than 262144 bytes"
    ]


def test_only_one_owner_controls(said) -> None:
    owners = [{**OWNER, "controller": True}, {**OWNER, "name": "q", "controller": True}]
    (found,) = said("configmaps", with_meta(ownerReferences=owners))
    assert found.endswith('Found "true" in references for Pod/p and Pod/q')


@pytest.mark.parametrize(("key", "value"), [("apiVersion", "a/b/c"), ("kind", ""), ("name", ""), ("uid", "")])
def test_an_owner_is_named_completely(said, key: str, value: str) -> None:
    (found,) = said("configmaps", with_meta(ownerReferences=[{**OWNER, key: value}]))
    assert found.startswith(f"metadata.ownerReferences.{key}: Invalid value")


def test_an_event_owns_nothing(said) -> None:
    (found,) = said("configmaps", with_meta(ownerReferences=[{**OWNER, "kind": "Event"}]))
    assert found.endswith("/v1, Kind=Event is disallowed from being an owner")


def test_finalizers_without_a_domain_are_those_of_kubernetes(said) -> None:
    assert said("configmaps", with_meta(finalizers=["orphan", "example.com/x"])) == []
    (found,) = said("configmaps", with_meta(finalizers=["cleanup"]))
    assert found.startswith("metadata.finalizers[0]: ")


def test_orphaning_and_foreground_deletion_exclude_each_other(said) -> None:
    (found,) = said("configmaps", with_meta(finalizers=["orphan", "foregroundDeletion"]))
    assert found.endswith("finalizer orphan and foregroundDeletion cannot be both set")


def test_identity_cannot_change_and_both_checks_say_so(said_of_update) -> None:
    found = said_of_update("configmaps", with_meta(uid="u1"), with_meta(uid="u2"))
    assert found == ['metadata.uid: Invalid value: "u2": field is immutable'] * 2


def test_a_deletion_that_has_begun_gets_no_new_finalizers(said_of_update) -> None:
    deleted = {"deletionTimestamp": "2026-01-01T00:00:00Z"}
    found = said_of_update("configmaps", with_meta(**deleted), with_meta(**deleted, finalizers=["example.com/b"]))
    assert found[0].endswith('found new finalizers []string{"example.com/b"}')
    fewer = said_of_update("configmaps", with_meta(**deleted, finalizers=["example.com/b"]), with_meta(**deleted))
    assert fewer == []


def test_a_kind_without_unconditional_updates_asks_for_the_version_and_nothing_else(said_of_update) -> None:
    found = said_of_update("leases.coordination.k8s.io", with_meta(), with_meta(uid="x"), version="")
    assert found == ["metadata.resourceVersion: Invalid value: 0: must be specified for an update"]
