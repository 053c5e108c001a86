"""Defaults of the resource group (dynamic resource allocation). `timeAdded` of taints is not here: it needs a clock."""

from typing import Any

JSON = dict[str, Any]


def claim(obj: JSON) -> None:
    _devices(obj["spec"]["devices"])


def claim_template(obj: JSON) -> None:
    _devices(obj["spec"]["spec"]["devices"])


def _devices(devices: JSON) -> None:
    for request in devices.get("requests", ()):
        if "exactly" in request:
            _request(request["exactly"])
        for choice in request.get("firstAvailable", ()):
            _request(choice)


def _request(request: JSON) -> None:
    if request.setdefault("allocationMode", "ExactCount") == "ExactCount":
        request.setdefault("count", 1)
    for toleration in request.get("tolerations", ()):
        toleration.setdefault("operator", "Equal")


DEFAULTS = {"ResourceClaim": claim, "ResourceClaimTemplate": claim_template}
