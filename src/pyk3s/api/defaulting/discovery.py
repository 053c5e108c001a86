"""Defaults of the discovery group."""

from typing import Any

JSON = dict[str, Any]


def endpoint_slice(obj: JSON) -> None:
    for port in obj["ports"] or ():
        port.setdefault("name", "")
        port.setdefault("protocol", "TCP")


DEFAULTS = {"EndpointSlice": endpoint_slice}
