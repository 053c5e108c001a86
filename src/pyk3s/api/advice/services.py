"""Warnings about services."""

import ipaddress
from collections.abc import Iterator
from typing import Any

JSON = dict[str, Any]
HINTS = "service.kubernetes.io/topology-aware-hints"
MODE = "service.kubernetes.io/topology-mode"
EXTERNAL = "spec.externalIPs is deprecated and may no longer be implemented in some clusters"


def service(obj: JSON) -> list[str]:
    return list(_of(obj))


def _of(obj: JSON) -> Iterator[str]:
    spec, annotations = obj.get("spec") or {}, obj["metadata"].get("annotations") or {}
    if HINTS in annotations:
        yield f"annotation {HINTS} is deprecated, please use {MODE} instead"
    headless = spec.get("type") == "ClusterIP" and spec.get("clusterIP") == "None"
    if headless:
        yield from _ignored(spec)
    elif spec.get("externalIPs"):
        yield EXTERNAL
    if not headless:
        for index, address in enumerate(spec.get("clusterIPs") or ()):
            yield from _address(address, f"spec.clusterIPs[{index}]")
    for index, address in enumerate(spec.get("externalIPs") or ()):
        yield from _address(address, f"spec.externalIPs[{index}]")
    if address := spec.get("loadBalancerIP"):
        yield from _address(address, "spec.loadBalancerIP")
    for index, cidr in enumerate(spec.get("loadBalancerSourceRanges") or ()):
        yield from _prefix(cidr, f"spec.loadBalancerSourceRanges[{index}]")
    if spec.get("trafficDistribution") == "PreferClose":
        yield 'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'


def _ignored(spec: JSON) -> Iterator[str]:
    """What a service without an address has no use for."""
    for key in ("loadBalancerIP", "externalIPs"):
        if spec.get(key):
            yield f"spec.{key} is ignored for headless services"
    if spec.get("sessionAffinity", "None") != "None":
        yield "spec.SessionAffinity is ignored for headless services"


def _address(text: str, path: str) -> Iterator[str]:
    try:
        canonical = str(ipaddress.ip_address(text))
    except ValueError:
        return
    if ":" in text and canonical != text:
        yield (
            f'{path}: IPv6 address "{text}" should be in RFC 5952 canonical format ("{canonical}"), '
            "which may cause controller apply-loops"
        )


def _prefix(text: str, path: str) -> Iterator[str]:
    try:
        network = ipaddress.ip_interface(text.strip())
    except ValueError:
        return
    if network.ip != network.network.network_address:
        yield f'{path}: CIDR value "{text}" is ambiguous in this context (should be "{network.network}" instead)'
    elif ":" in text and str(network) != text:
        yield f'{path}: IPv6 CIDR value "{text}" should be in RFC 5952 canonical format ("{network}")'
