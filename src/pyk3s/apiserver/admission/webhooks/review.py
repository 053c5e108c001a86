"""The AdmissionReview of admission.k8s.io/v1: the question about an operation, and how its answer is read."""

import base64
import binascii
from typing import Any, NamedTuple

from pyk3s.api import catalog, status
from pyk3s.api.patching import json_patch
from pyk3s.api.webhook_reviews import BadAnswer, Review
from pyk3s.apiserver import identity
from pyk3s.apiserver.admission import chain

JSON = dict[str, Any]
REVIEW = Review("AdmissionReview", "admission.k8s.io/v1")


class Answer(NamedTuple):
    """What a webhook says."""

    allowed: bool
    status: JSON | None
    warnings: list[str]
    patch: list[JSON] | None
    annotations: dict[str, str] = {}


def question(
    attributes: chain.Attributes, seen_as: catalog.Resource, *, uid: str, new: JSON | None, old: JSON | None
) -> JSON:
    """The review of an operation for a webhook that sees the resource as `seen_as`, with objects in that form."""
    return REVIEW.question(uid, {**described(attributes, seen_as), "object": new, "oldObject": old})


def described(attributes: chain.Attributes, seen_as: catalog.Resource) -> JSON:
    """An AdmissionRequest without its objects: who does what, to which resource."""
    resource, sub = attributes.resource, attributes.subresource
    request: JSON = {
        "kind": _kind(seen_as, sub),
        "resource": _resource(seen_as),
        "requestKind": _kind(resource, sub),
        "requestResource": _resource(resource),
        "name": attributes.name,
        "namespace": attributes.namespace,
        "operation": attributes.operation,
        "userInfo": identity.user_info(attributes.user),
        "dryRun": attributes.dry_run,
        "options": attributes.options or None,
    }
    if sub:
        request["subResource"] = request["requestSubResource"] = sub
    for key in ("name", "namespace"):
        if not request[key]:
            del request[key]
    return request


def _kind(resource: catalog.Resource, subresource: str) -> JSON:
    found = resource.subresource(subresource) if subresource else None
    if found is not None and found.version:
        return {"group": found.group, "version": found.version, "kind": found.kind}
    return {"group": resource.group, "version": resource.version, "kind": found.kind if found else resource.kind}


def _resource(resource: catalog.Resource) -> JSON:
    return {"group": resource.group, "version": resource.version, "resource": resource.plural}


def answer(body: Any, uid: str) -> Answer:
    """A webhook's answer to the question `uid`; raises BadAnswer."""
    response = REVIEW.response(body, uid, absent="webhook response was absent")
    result, warnings = response.get("status"), response.get("warnings") or []
    return Answer(
        allowed=response.get("allowed") is True,
        status=result if isinstance(result, dict) else None,
        warnings=[each for each in warnings if isinstance(each, str)],
        patch=_patch(response),
        annotations=_texts(response.get("auditAnnotations")),
    )


def _texts(value: Any) -> dict[str, str]:
    return {key: text for key, text in value.items() if isinstance(text, str)} if isinstance(value, dict) else {}


def _patch(response: JSON) -> list[JSON] | None:
    patch, kind = response.get("patch"), response.get("patchType")
    if not patch:
        if kind:
            raise BadAnswer("webhook returned response.patchType but not response.patch")
        return None
    if kind != "JSONPatch":
        raise BadAnswer(f'webhook returned invalid response.patchType of "{kind or ""}"')
    try:
        return json_patch.parse(base64.b64decode(patch, validate=True))
    except (binascii.Error, TypeError, ValueError) as error:
        raise BadAnswer(f"response.patch is not base64: {error}") from error
    except status.StatusError as error:
        raise BadAnswer(f"response.patch is no JSON patch: {error.message}") from error


def refusal(name: str, told: JSON | None) -> status.StatusError:
    """The error of a request that webhook `name` does not allow, in its own words and with its own code."""
    told = told or {}
    code, reason, message, details = (told.get(key) for key in ("code", "reason", "message", "details"))
    opening = f'admission webhook "{name}" denied the request'
    words = f"{opening}: {message or reason}" if message or reason else f"{opening} without explanation"
    return status.StatusError(
        code if isinstance(code, int) and 400 <= code < 600 else 400,
        reason if isinstance(reason, str) else "",
        words,
        details if isinstance(details, dict) else None,
    )
