import types

import pytest

from pyk3s.api import status
from pyk3s.apiserver import identity
from pyk3s.apiserver.authn import impersonation
from pyk3s.wire.http import messages

ALICE = identity.User("alice")


def wanted(*headers):
    raw = tuple((name.encode(), value.encode()) for name, value in headers)
    return impersonation.wanted(types.SimpleNamespace(headers=messages.Headers(raw)))


def test_without_headers_nobody_is_impersonated():
    assert wanted(("Accept", "*/*")) is None


def test_all_headers_make_the_user():
    target = wanted(
        ("Impersonate-User", "bob"), ("Impersonate-Group", "a"), ("Impersonate-Group", "b"),
        ("Impersonate-Uid", "7"), ("Impersonate-Extra-acme%2Fscope", "x"),
    )  # fmt: skip
    assert target == identity.User("bob", ("a", "b"), "7", {"acme/scope": ("x",)})


def test_groups_without_a_user_are_a_bad_request():
    with pytest.raises(status.StatusError, match="without impersonating a user name"):
        wanted(("Impersonate-Group", "devs"))


def test_every_part_of_the_target_needs_a_right():
    target = identity.User("bob", ("a",), "7", {"scope": ("x",)})
    asked = [(a.group, a.plural, a.subresource, a.name) for a in impersonation.needed(ALICE, target)]
    assert asked == [
        ("", "users", "", "bob"),
        ("", "groups", "", "a"),
        ("authentication.k8s.io", "uids", "", "7"),
        ("authentication.k8s.io", "userextras", "scope", "x"),
    ]


def test_a_service_account_is_asked_for_as_one_and_gets_its_groups():
    target = identity.User("system:serviceaccount:shop:bot")
    (access,) = impersonation.needed(ALICE, target)
    assert (access.plural, access.namespace, access.name) == ("serviceaccounts", "shop", "bot")
    groups = impersonation.complete(target).groups
    assert groups == ("system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated")


def test_anonymous_stays_unauthenticated():
    assert impersonation.complete(identity.User("system:anonymous")).groups == ("system:unauthenticated",)
