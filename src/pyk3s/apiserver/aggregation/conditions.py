"""Whether an APIService is available, as the condition of that name says it. Pure."""

from collections.abc import Sequence
from typing import Any, NamedTuple

JSON = dict[str, Any]
AVAILABLE = "Available"


class Verdict(NamedTuple):
    """Status, reason and message of the condition."""

    status: str
    reason: str
    message: str


LOCAL = Verdict("True", "Local", "Local APIServices are always available")
PASSED = Verdict("True", "Passed", "all checks passed")


def of_service(spec: JSON, service: JSON | None, slices: Sequence[JSON]) -> Verdict | None:
    """What the Service of an APIService and its endpoints say; None where nothing speaks against asking the server."""
    reference = spec["service"]
    name, namespace, port = reference["name"], reference["namespace"], reference.get("port") or 443
    where = f'{name} in "{namespace}"'
    if service is None:
        return Verdict("False", "ServiceNotFound", f'service/{name} in "{namespace}" is not present')
    if service["spec"].get("type") == "ExternalName":
        return None
    found = next((each for each in service["spec"].get("ports") or () if each["port"] == port), None)
    if found is None:
        return Verdict("False", "ServicePortError", f"service/{where} is not listening on port {port}")
    if not slices:
        return Verdict("False", "EndpointsNotFound", f"cannot find endpointslices for service/{where}")
    named = found.get("name") or ""
    if not any(_has_address(each, named) for each in slices):
        message = f'endpointslices for service/{where} have no addresses with port name "{named}"'
        return Verdict("False", "MissingEndpoints", message)
    return None


def _has_address(endpoint_slice: JSON, port_name: str) -> bool:
    return any((port.get("name") or "") == port_name for port in endpoint_slice.get("ports") or ()) and any(
        (endpoint.get("conditions") or {}).get("ready") is not False and endpoint["addresses"]
        for endpoint in endpoint_slice.get("endpoints") or ()
    )


def unreachable(address: str, why: str) -> Verdict:
    """The server does not answer, or not with what it should serve."""
    return Verdict("False", "FailedDiscoveryCheck", f"failing or missing response from {address}: {why}")


def is_available(api_service: JSON) -> bool:
    """Whether the object's own status says so."""
    found = (api_service.get("status") or {}).get("conditions") or ()
    return any(each["type"] == AVAILABLE and each["status"] == "True" for each in found)


def settled(api_service: JSON, verdict: Verdict, now: str) -> JSON | None:
    """The status with the verdict in it, or None if it says so already."""
    state = api_service.get("status") or {}
    conditions = list(state.get("conditions") or ())
    before = next((each for each in conditions if each["type"] == AVAILABLE), None)
    if before is not None and Verdict(before["status"], before.get("reason", ""), before.get("message", "")) == verdict:
        return None
    changed = now if before is None or before["status"] != verdict.status else before.get("lastTransitionTime", now)
    made = {"type": AVAILABLE, "status": verdict.status, "lastTransitionTime": changed}
    made |= {"reason": verdict.reason, "message": verdict.message}
    return {**state, "conditions": [*(each for each in conditions if each["type"] != AVAILABLE), made]}
