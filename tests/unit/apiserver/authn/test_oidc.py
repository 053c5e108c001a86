"""What claims of an ID token make a user, and which make none."""

import pytest

from pyk3s.apiserver.authn import oidc

NOW = 1000.0
SETTINGS = oidc.OidcSettings(issuer="https://i", client_id="us", groups_claim="groups", groups_prefix="g:")


def user(settings=SETTINGS, **claims):
    return oidc.user_of({"aud": "us", "exp": NOW + 1, "sub": "alice", **claims}, settings, NOW)


def test_the_claims_name_user_and_groups_with_their_prefixes():
    found = user(groups=["a", "b", "a"])
    assert (found.name, found.groups) == ("alice", ("g:a", "g:b", "system:authenticated"))


def test_one_group_may_stand_without_a_list():
    assert user(groups="a").groups == ("g:a", "system:authenticated")


def test_one_of_several_audiences_is_enough():
    assert user(aud=["them", "us"]).name == "alice"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "them"}, {"aud": ["them"]}, {"aud": None}, {"aud": {"us": 1}},
        {"exp": NOW}, {"exp": "later"}, {"exp": float("nan")}, {"exp": None},
        {"nbf": NOW + 60}, {"nbf": "x"}, {"nbf": float("nan")},
        {"sub": ""}, {"sub": 5}, {"sub": None},
        {"groups": [1]}, {"groups": {"a": 1}}, {"groups": None},
    ],
)  # fmt: skip
def test_claims_that_do_not_hold_make_nobody(claims):
    with pytest.raises(oidc.Refused):
        user(**claims)


@pytest.mark.parametrize("verified", [False, "true", None])
def test_an_address_must_be_verified_where_the_issuer_says_anything_about_it(verified):
    settings = oidc.OidcSettings(issuer="https://i", client_id="us", username_claim="email")
    assert user(settings, email="a@b").name == "a@b"
    with pytest.raises(oidc.Refused):
        user(settings, email="a@b", email_verified=verified)


def test_required_claims_must_be_as_they_are_required():
    settings = oidc.OidcSettings(issuer="https://i", client_id="us", required_claims={"hd": "our.org"})
    assert user(settings, hd="our.org").name == "alice"
    for other in ({}, {"hd": "their.org"}, {"hd": ["our.org"]}):
        with pytest.raises(oidc.Refused):
            user(settings, **other)
