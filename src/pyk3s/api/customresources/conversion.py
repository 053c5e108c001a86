"""The ConversionReview of apiextensions.k8s.io: what a conversion webhook is asked, and what of its answer is taken.

A webhook may change everything of an object but its metadata, of which labels and annotations are its own to change.
Pure: reviews in and out are JSON values.
"""

from collections.abc import Sequence
from typing import Any

from pyk3s.api.validation import metadata as rules
from pyk3s.api.validation.checks import Errors
from pyk3s.api.validation.customresources import definitions
from pyk3s.api.webhook_reviews import BadAnswer, Review

JSON = dict[str, Any]
_SAME = (("name", "name"), ("namespace", "namespace"), ("uid", "UID"))
_FREE = ("labels", "annotations")


def review_version(stated: Sequence[str]) -> str:
    """The form of review to send: the first that the webhook says it understands and this server speaks."""
    return next((each for each in stated if each in definitions.REVIEW_VERSIONS), "v1")


def question(objects: Sequence[JSON], desired: str, *, uid: str, version: str) -> JSON:
    """The review that asks for objects in the apiVersion `desired`."""
    return _review(version).question(uid, {"desiredAPIVersion": desired, "objects": list(objects)})


def converted(body: Any, originals: Sequence[JSON], desired: str, *, uid: str, version: str) -> list[JSON]:
    """The objects in the answer to the question `uid`, in order, each with its own metadata.

    The text of BadAnswer goes behind the kind that was to be converted.
    """
    try:
        answered = _objects(_review(version).response(body, uid, absent="no response provided"))
    except BadAnswer as error:
        raise BadAnswer(f"failed: {error}") from error
    if len(answered) != len(originals):
        raise BadAnswer(f"returned {len(answered)} objects, expected {len(originals)}")
    return [
        _checked(original, made, desired, at)
        for at, (original, made) in enumerate(zip(originals, answered, strict=True))
    ]


def _review(version: str) -> Review:
    return Review("ConversionReview", f"apiextensions.k8s.io/{version}")


def _objects(response: JSON) -> list[Any]:
    result = response.get("result")
    result = result if isinstance(result, dict) else {}
    if (outcome := result.get("status")) != "Success":
        raise BadAnswer(result.get("message") or f"response.result.status was '{outcome or ''}', not 'Success'")
    objects = response.get("convertedObjects")
    return objects if isinstance(objects, list) else []


def _checked(original: JSON, made: Any, desired: str, at: int) -> JSON:
    wrong = f"returned invalid converted object at index {at}"
    if not isinstance(made, dict):
        raise BadAnswer(f"{wrong}: it is no object")
    if (got := made.get("apiVersion")) != desired:
        raise BadAnswer(f"{wrong}: invalid groupVersion (expected {desired}, received {got or ''})")
    if (kind := made.get("kind")) != original["kind"]:
        raise BadAnswer(f"{wrong}: invalid kind (expected {original['kind']}, received {kind or ''})")
    before, after = original["metadata"], made.get("metadata")
    bad_metadata = f"returned invalid metadata in object at index {at}"
    if not isinstance(after, dict):
        raise BadAnswer(f"{bad_metadata}: missing metadata in converted object")
    for key, name in _SAME:
        if (was := before.get(key) or "") != (now := after.get(key) or ""):
            raise BadAnswer(f"{wrong}: must have the same {name}: {was} != {now}")
    if problem := _problem(after):
        raise BadAnswer(f"{bad_metadata}: {problem}")
    kept = {key: value for key, value in before.items() if key not in _FREE}
    free = {key: after[key] for key in _FREE if after.get(key) is not None}
    return {**made, "metadata": {**kept, **free}}


def _problem(metadata: JSON) -> str:
    """What is wrong with the labels and annotations that a webhook has chosen."""
    for key in _FREE:
        given = metadata.get(key)
        if given is None:
            continue
        if not isinstance(given, dict):
            return f"invalid metadata.{key} in converted object: it is no map"
        for name, value in given.items():
            if not isinstance(value, str):
                return f"metadata.{key}[{name}] must be a string in converted object"
    errors: Errors = []
    rules.labels(metadata.get("labels") or {}, "metadata.labels", errors)
    rules.annotations(metadata.get("annotations") or {}, "metadata.annotations", errors)
    return ", ".join(f"{error.path}: {error.message}" for error in errors)
