"""Fields that a request to a resource or one of its sub-resources cannot change, and so cannot own.

The main resource of a kind with a status leaves the status alone, `/status` the spec. Exceptions are listed.
"""

from pyk3s.api.ownership.fieldset import FieldSet

_STATUS: FieldSet = {"f:status": {}}
_SPEC: FieldSet = {"f:spec": {}}
_USUAL = {"": _STATUS, "status": _SPEC}

_EXCEPTIONS: dict[tuple[str, str, str], FieldSet] = {
    ("certificates.k8s.io", "certificatesigningrequests", ""): {**_SPEC, **_STATUS},
    ("certificates.k8s.io", "certificatesigningrequests", "approval"): {**_SPEC, "f:status": {"f:certificate": {}}},
    ("certificates.k8s.io", "certificatesigningrequests", "status"): {**_SPEC, "f:status": {"f:conditions": {}}},
    ("apps", "deployments", "status"): {**_SPEC, "f:metadata": {"f:labels": {}}},
    ("", "pods", "status"): {**_SPEC, "f:metadata": {"f:deletionTimestamp": {}, "f:ownerReferences": {}}},
}


def fields(group: str, plural: str, subresource: str = "") -> FieldSet:
    """The branches that do not count for a request."""
    exception = _EXCEPTIONS.get((group, plural, subresource))
    if exception is not None:
        return exception
    return _USUAL.get(subresource, _STATUS)
