"""Defaults of the apiextensions group."""

from typing import Any

JSON = dict[str, Any]

WEBHOOK_PORT = 443


def definition(obj: JSON) -> None:
    """CustomResourceDefinition."""
    spec = obj["spec"]
    if not spec.get("scope"):
        spec["scope"] = "Namespaced"
    names = spec["names"]
    kind = names.get("kind", "")
    names.setdefault("singular", kind.lower())
    names.setdefault("listKind", f"{kind}List" if kind else "")
    conversion = spec.setdefault("conversion", {})
    if not conversion.get("strategy"):
        conversion["strategy"] = "None"
    service = conversion.get("webhook", {}).get("clientConfig", {}).get("service")
    if service is not None:
        service.setdefault("port", WEBHOOK_PORT)


DEFAULTS = {"CustomResourceDefinition": definition}
