import pytest

from pyk3s.api import webhook_reviews
from pyk3s.api.customresources import conversion

ORIGINAL = {"apiVersion": "g.io/v1", "kind": "K", "metadata": {"name": "a", "uid": "1", "labels": {"old": "1"}}}


def answer(*objects, version="v1", **response):
    response = {"uid": "u", "result": {"status": "Success"}, "convertedObjects": list(objects), **response}
    return {"kind": "ConversionReview", "apiVersion": f"apiextensions.k8s.io/{version}", "response": response}


def made(**metadata):
    return {"apiVersion": "g.io/v2", "kind": "K", "metadata": {"name": "a", "uid": "1", **metadata}, "spec": 1}


def read(body, version="v1"):
    return conversion.converted(body, [ORIGINAL], "g.io/v2", uid="u", version=version)


def test_the_metadata_stays_but_for_labels_and_annotations():
    [got] = read(answer(made(annotations={"n": "1"}, generation=9)))
    assert got == {**made(), "metadata": {"name": "a", "uid": "1", "annotations": {"n": "1"}}}


def test_the_first_form_of_review_that_both_know_is_spoken():
    assert conversion.review_version(["v9", "v1beta1", "v1"]) == "v1beta1"
    assert read(answer(made(), version="v1beta1"), "v1beta1")
    asked = conversion.question([ORIGINAL], "g.io/v2", uid="u", version="v1beta1")
    assert asked["apiVersion"] == "apiextensions.k8s.io/v1beta1"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (None, "no object"),
        ([], "no object"),
        ({"kind": "Pod"}, "Kind=Pod"),
        (answer(made(), version="v1beta1"), "v1beta1"),
        ({**answer(), "response": "x"}, "no response provided"),
        (answer(made(), uid="v"), 'expected response.uid="u", got "v"'),
        (answer(made(), result={"status": "Failed"}), "response.result.status was 'Failed', not 'Success'"),
        (answer(made(), convertedObjects="x"), "returned 0 objects, expected 1"),
        (answer("x"), "it is no object"),
        (answer({**made(), "kind": "L"}), "invalid kind (expected K, received L)"),
        (answer({**made(), "metadata": 1}), "missing metadata"),
        (answer(made(uid="2")), "must have the same UID: 1 != 2"),
        (answer(made(namespace="n")), "must have the same namespace:  != n"),
        (answer(made(labels=[])), "invalid metadata.labels"),
        (answer(made(labels={"a": 1})), "metadata.labels[a] must be a string"),
        (answer(made(annotations={"a b": "c"})), "metadata.annotations: Invalid value"),
    ],
)
def test_an_answer_that_is_none_is_told(body, told):
    with pytest.raises(webhook_reviews.BadAnswer) as caught:
        read(body)
    assert told in str(caught.value)
