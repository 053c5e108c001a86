"""The bodies of discovery answers, as pure functions of the catalogue."""

import base64
import hashlib
from collections.abc import Iterable
from typing import Any

from pyk3s.api import names
from pyk3s.api.catalog import Catalog, Resource, SubResource

JSON = dict[str, Any]
_STORED_AS = {
    "mutatingadmissionpolicies": "v1beta1",
    "mutatingadmissionpolicybindings": "v1beta1",
    "customresourcedefinitions": "v1beta1",
}
"""Where upstream says another storage version than the one served, for clients that compare hashes."""
AGGREGATED_VERSION = "apidiscovery.k8s.io/v2"


def core_versions(address: str) -> JSON:
    """/api"""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    }


def group_list(catalog: Catalog) -> JSON:
    """/apis"""
    groups = [_group(name, versions) for name, versions in group_versions(catalog).items() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def group(catalog: Catalog, name: str) -> JSON | None:
    """/apis/GROUP, None if there is no such group."""
    versions = group_versions(catalog).get(name)
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(name, versions)} if versions else None


def _group(name: str, versions: list[str]) -> JSON:
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def group_versions(catalog: Catalog) -> dict[str, list[str]]:
    """Versions by group, both in order of preference."""
    found: dict[str, list[str]] = {}
    for resource in catalog:
        versions = found.setdefault(resource.group, [])
        if resource.version not in versions:
            versions.append(resource.version)
    return {name: sorted(versions, key=names.version_priority) for name, versions in found.items()}


def resource_list(catalog: Catalog, group: str, version: str) -> JSON | None:
    """/api/v1 and /apis/GROUP/VERSION, None if that is not served."""
    resources = _of(catalog, group, version)
    if not resources:
        return None
    listed = [entry for resource in resources for entry in _legacy(resource)]
    opening = {"kind": "APIResourceList", "apiVersion": "v1"} if group else {"kind": "APIResourceList"}
    return {**opening, "groupVersion": f"{group}/{version}" if group else version, "resources": listed}


def _of(catalog: Catalog, group: str, version: str) -> list[Resource]:
    found = [each for each in catalog if each.group == group and each.version == version]
    return sorted(found, key=lambda each: each.plural)


def _legacy(resource: Resource) -> Iterable[JSON]:
    entry: JSON = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": _verbs(resource),
    }
    if resource.short_names:
        entry["shortNames"] = list(resource.short_names)
    if resource.categories:
        entry["categories"] = list(resource.categories)
    if resource.stored and "create" in resource.verbs:
        entry["storageVersionHash"] = storage_hash(resource)
    yield entry
    for sub in _subresources(resource):
        entry = {
            "name": f"{resource.plural}/{sub.name}",
            "singularName": "",
            "namespaced": resource.namespaced,
            "kind": sub.kind,
            "verbs": sorted(sub.verbs),
        }
        if sub.version:
            entry = (
                {**entry, "group": sub.group, "version": sub.version}
                if sub.group
                else {**entry, "version": sub.version}
            )
        yield entry


def _verbs(resource: Resource) -> list[str]:
    """In order; those of custom resources in the order that upstream gives them."""
    return list(resource.verbs) if resource.custom else sorted(resource.verbs)


def _subresources(resource: Resource) -> list[SubResource]:
    """In order; those of custom resources in the order that upstream gives them."""
    return list(resource.subresources) if resource.custom else sorted(resource.subresources, key=lambda each: each.name)


def storage_hash(resource: Resource) -> str:
    """Identifies the form in which a resource is stored, so that a migration can be noticed."""
    group = resource.storage_group if resource.storage_version else resource.group
    version = _STORED_AS.get(resource.plural) or resource.storage_version or resource.version
    digest = hashlib.sha256(f"{group}/{version}/{resource.kind}".encode()).digest()
    return base64.b64encode(digest[:8]).decode()


def aggregated(catalog: Catalog, *, core: bool) -> JSON:
    """/api and /apis in the form that has everything in one answer."""
    items = []
    for name, versions in group_versions(catalog).items():
        if bool(name) is core:
            continue
        metadata = {"name": name} if name else {}
        items.append(
            {"metadata": metadata, "versions": [_aggregated_version(catalog, name, each) for each in versions]}
        )
    return {"kind": "APIGroupDiscoveryList", "apiVersion": AGGREGATED_VERSION, "metadata": {}, "items": items}


def _aggregated_version(catalog: Catalog, group: str, version: str) -> JSON:
    resources = [_aggregated_resource(each) for each in _of(catalog, group, version)]
    return {"version": version, "resources": resources, "freshness": "Current"}


def _aggregated_resource(resource: Resource) -> JSON:
    scope = "Namespaced" if resource.namespaced else "Cluster"
    shown: JSON = {
        "resource": resource.plural,
        "responseKind": {"group": "", "version": "", "kind": resource.kind},
        "scope": scope,
        "singularResource": resource.singular,
        "verbs": _verbs(resource),
    }
    if resource.short_names:
        shown["shortNames"] = list(resource.short_names)
    if resource.categories:
        shown["categories"] = list(resource.categories)
    if resource.subresources:
        shown["subresources"] = [_aggregated_subresource(each) for each in _subresources(resource)]
    return shown


def _aggregated_subresource(sub: SubResource) -> JSON:
    return {
        "subresource": sub.name,
        "responseKind": {"group": sub.group, "version": sub.version, "kind": sub.kind},
        "verbs": sorted(sub.verbs),
    }
