"""Who may make objects go with others."""

import pytest
from admission_registry import asked, build, named

from pyk3s.api import status
from pyk3s.apiserver import identity
from pyk3s.apiserver.admission.owner_references import OwnerReferences

OWNER = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "u"}


class Allows:
    """An authoriser that allows some verbs, and remembers what it was asked."""

    def __init__(self, *verbs):
        self.verbs, self.asked = verbs, []

    def decide(self, access):
        self.asked.append((access.verb, access.plural, access.subresource, access.namespace, access.name))
        return identity.Decision(access.verb in self.verbs, "no role")


def checked(authorizer, owners, *, before=None):
    obj = named("ConfigMap", "a", namespace="shop", metadata={"ownerReferences": owners})
    old = None if before is None else named("ConfigMap", "a", namespace="shop", metadata={"ownerReferences": before})
    registry = build()
    OwnerReferences(registry, authorizer).validate(asked(registry, "", "configmaps", obj, old=old))
    return authorizer.asked


def test_objects_without_owners_are_nobodys_business():
    assert checked(Allows(), []) == []


def test_owners_that_stay_are_not_asked_about():
    assert checked(Allows(), [OWNER], before=[OWNER]) == []


def test_who_sets_an_owner_must_be_allowed_to_delete():
    assert checked(Allows("delete"), [OWNER]) == [("delete", "configmaps", "", "shop", "a")]
    with pytest.raises(status.StatusError, match="you can't delete: no role"):
        checked(Allows(), [OWNER])


def test_who_lets_an_owner_wait_must_be_allowed_to_hold_it_up():
    blocking = {**OWNER, "blockOwnerDeletion": True}
    asked_for = checked(Allows("delete", "update"), [blocking], before=[OWNER])
    assert asked_for[1] == ("update", "deployments", "finalizers", "shop", "web")
    with pytest.raises(status.StatusError, match="can't set finalizers on"):
        checked(Allows("delete"), [blocking])


def test_an_owner_of_an_unknown_kind_cannot_be_held_up():
    with pytest.raises(status.StatusError, match="cannot find RESTMapping"):
        checked(Allows("delete"), [{**OWNER, "kind": "Widget", "blockOwnerDeletion": True}])
