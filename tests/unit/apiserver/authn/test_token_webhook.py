"""What a TokenReview says about a user."""

import pytest

from pyk3s.apiserver.authn import webhook
from pyk3s.apiserver.remote import endpoint

US = ("https://us",)


def review(**status):
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status}


def authenticated(**user):
    return review(authenticated=True, user={"username": "eve", **user})


def test_a_review_names_the_user():
    found = webhook.user_of(authenticated(uid="7", groups=["a"], extra={"Scope": ["x", "y"]}), US)
    assert (found.name, found.uid, found.groups) == ("eve", "7", ("a", "system:authenticated"))
    assert found.extra == {"scope": ("x", "y")}


@pytest.mark.parametrize(
    "answer", [review(), review(authenticated=False, user={"username": "eve"}), review(authenticated="true")]
)
def test_without_a_clear_yes_there_is_nobody(answer):
    assert webhook.user_of(answer, US) is None


def test_a_token_for_another_audience_is_nobodys():
    answer = authenticated()
    answer["status"]["audiences"] = ["https://them"]
    assert webhook.user_of(answer, US) is None


@pytest.mark.parametrize(
    "answer",
    [
        {}, {"kind": "Status", "apiVersion": "v1"}, authenticated(username=""), authenticated(username=5),
        authenticated(groups="system:masters"), authenticated(groups=[1]), authenticated(extra={"a": "b"}),
        authenticated(extra=["a"]), authenticated(uid=7), review(authenticated=True),
    ],
)  # fmt: skip
def test_an_answer_that_is_no_review_of_a_user_is_none(answer):
    with pytest.raises(endpoint.NoAnswer):
        webhook.user_of(answer, US)
