"""Answers of webhooks, good and bad."""

import base64

import pytest

from pyk3s.api import webhook_reviews
from pyk3s.apiserver.admission.webhooks import review


def reviewed(**response: object) -> dict[str, object]:
    return {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "response": {"uid": "u", **response}}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ([], "got no object"),
        ({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1beta1"}, "got admission.k8s.io/v1beta1"),
        ({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1"}, "webhook response was absent"),
        (reviewed(uid="other"), 'expected response.uid="u", got "other"'),
        (reviewed(patchType="JSONPatch"), "response.patchType but not response.patch"),
        (reviewed(patch="W10=", patchType="Merge"), 'invalid response.patchType of "Merge"'),
        (reviewed(patch="%", patchType="JSONPatch"), "not base64"),
        (reviewed(patch=base64.b64encode(b"{}").decode(), patchType="JSONPatch"), "no JSON patch"),
    ],
)
def test_what_is_no_answer_is_refused(body: object, why: str) -> None:
    with pytest.raises(webhook_reviews.BadAnswer, match=why):
        review.answer(body, "u")


def test_only_true_allows() -> None:
    assert review.answer(reviewed(allowed=True), "u").allowed
    assert not review.answer(reviewed(allowed="yes"), "u").allowed
    assert not review.answer(reviewed(), "u").allowed


@pytest.mark.parametrize(
    ("told", "code", "tail"),
    [
        (None, 400, " without explanation"),
        ({"code": 200}, 400, " without explanation"),
        ({"code": 418, "message": "tea"}, 418, ": tea"),
        ({"reason": "Because"}, 400, ": Because"),
    ],
)
def test_a_refusal_has_an_error_code_and_the_best_words_there_are(told: dict | None, code: int, tail: str) -> None:
    error = review.refusal("x", told)
    assert (error.code, error.message) == (code, 'admission webhook "x" denied the request' + tail)
