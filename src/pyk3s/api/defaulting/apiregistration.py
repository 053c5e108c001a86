"""Defaults of the apiregistration group."""

from typing import Any

JSON = dict[str, Any]

SERVICE_PORT = 443


def api_service(obj: JSON) -> None:
    service = obj["spec"].get("service")
    if service is not None:
        service.setdefault("port", SERVICE_PORT)


DEFAULTS = {"APIService": api_service}
