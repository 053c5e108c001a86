"""Defaults of the networking group."""

from typing import Any

JSON = dict[str, Any]


def ingress_class(obj: JSON) -> None:
    if "parameters" in obj["spec"]:
        obj["spec"]["parameters"].setdefault("scope", "Cluster")


def network_policy(obj: JSON) -> None:
    spec = obj["spec"]
    for rule in (*spec.get("ingress", ()), *spec.get("egress", ())):
        for port in rule.get("ports", ()):
            port.setdefault("protocol", "TCP")
    spec.setdefault("policyTypes", ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])


DEFAULTS = {"IngressClass": ingress_class, "NetworkPolicy": network_policy}
