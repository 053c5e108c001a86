"""Defaults of the apiextensions group."""

from typing import Any

JSON = dict[str, Any]

WEBHOOK_PORT = 443


def definition(obj: JSON) -> None:
    """CustomResourceDefinition."""
    spec = obj["spec"]
    names = spec["names"]
    kind = names.get("kind", "")
    names["singular"] = names.get("singular") or kind.lower()
    names["listKind"] = names.get("listKind") or (f"{kind}List" if kind else "")
    conversion = spec.setdefault("conversion", {"strategy": "None"})
    service = conversion.get("webhook", {}).get("clientConfig", {}).get("service")
    if service is not None:
        service.setdefault("port", WEBHOOK_PORT)


DEFAULTS = {"CustomResourceDefinition": definition}
