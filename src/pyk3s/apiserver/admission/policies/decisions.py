"""What becomes of a validating policy's findings: errors, warnings, words for the audit log. As upstream puts them."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from pyk3s.api import status
from pyk3s.apiserver.admission import chain

JSON = dict[str, Any]
MOST_MESSAGE_BYTES = 5 * 1024
MOST_ANNOTATION_BYTES = 10 * 1024
FAILURE = "validation.policy.admission.k8s.io/validation_failure"
CODES = {"Forbidden": 403, "Unauthorized": 401, "RequestEntityTooLarge": 413, "Invalid": 422}


class Finding(NamedTuple):
    """One reason against an operation. `place` is that of the validation in its policy."""

    policy: str
    binding: str
    message: str
    reason: str = "Invalid"
    place: int = 0


def message(made: Any, stated: str, expression: str) -> str:
    """What a failed validation says: what its messageExpression made, if that can be said, or else what it states."""
    text = made.strip() if isinstance(made, str) else ""
    if len(text.encode()) > MOST_MESSAGE_BYTES or "\n" in text:
        text = ""
    return text or stated or f"failed expression: {expression}"


def denied(kind: str, finding: Finding) -> str:
    """The words of a refusal."""
    bound = f" with binding '{finding.binding}'" if finding.binding else ""
    return f"{kind} '{finding.policy}'{bound} denied request: {finding.message}"


def refusal(attributes: chain.Attributes, words: str, reason: str) -> status.StatusError:
    """The error of an operation that a policy refuses."""
    error = attributes.forbidden(words)
    details = {**(error.details or {}), "causes": [{"message": words}]}
    return status.StatusError(CODES.get(reason, 422), reason, error.message, details)


def warning(finding: Finding) -> str:
    policy, binding = finding.policy, finding.binding
    return f"Validation failed for ValidatingAdmissionPolicy '{policy}' with binding '{binding}': {finding.message}"


def audited(finding: Finding, actions: Sequence[str]) -> str:
    """A finding for the audit log."""
    told = {
        "message": finding.message,
        "policy": finding.policy,
        "binding": finding.binding,
        "expressionIndex": finding.place,
        "validationActions": list(actions),
    }
    return json.dumps([told], separators=(",", ":"), ensure_ascii=False)


def annotation(value: Any) -> str:
    """The text of an audit annotation, cut to a size; nothing for what is none."""
    text = value.strip() if isinstance(value, str) else ""
    return text.encode()[:MOST_ANNOTATION_BYTES].decode(errors="ignore")
