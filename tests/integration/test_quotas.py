"""Quotas against the real API server and the controllers: charged, enforced and given back."""

import pathlib
from typing import Any

import pytest
from hollow_node import until
from small_cluster import in_cluster

from pyk3s.client import rest
from pyk3s.client.errors import ApiError

JSON = dict[str, Any]
NAMESPACE = "/api/v1/namespaces/default"
QUOTA = f"{NAMESPACE}/resourcequotas/q"
LEASES = "count/leases.coordination.k8s.io"


def quota(**hard: str) -> JSON:
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": hard}}


def pod(name: str) -> JSON:
    resources = {"requests": {"cpu": "500m"}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "containers": [{"name": "c", "image": "i", "resources": resources}],
            "terminationGracePeriodSeconds": 0,
        },
    }


async def used(client: rest.Client, wanted: JSON) -> None:
    async def holds() -> bool:
        return bool(((await client.get(QUOTA)).get("status") or {}).get("used") == wanted)

    await until(holds, f"{wanted} used")


def test_a_quota_is_filled_enforced_and_given_back(tmp_path: pathlib.Path) -> None:
    async def test(client: rest.Client) -> None:
        await client.create(f"{NAMESPACE}/resourcequotas", quota(pods="2", **{"requests.cpu": "4"}))
        await used(client, {"pods": "0", "requests.cpu": "0"})
        for name in ("a", "b"):
            await client.create(f"{NAMESPACE}/pods", pod(name))
        await used(client, {"pods": "2", "requests.cpu": "1"})
        with pytest.raises(ApiError, match="exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2"):
            await client.create(f"{NAMESPACE}/pods", pod("c"))
        await client.delete(f"{NAMESPACE}/pods/a", {"gracePeriodSeconds": 0})
        await used(client, {"pods": "1", "requests.cpu": "500m"})
        await client.create(f"{NAMESPACE}/pods", pod("c"))

    in_cluster(tmp_path, test)


def test_objects_of_any_resource_are_counted_and_given_back(tmp_path: pathlib.Path) -> None:
    async def test(client: rest.Client) -> None:
        for name in ("a", "b"):  # secrets, since no controller makes one meanwhile
            body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}}
            await client.create(f"{NAMESPACE}/secrets", body)
        await client.create(f"{NAMESPACE}/resourcequotas", quota(**{"secrets": "9", LEASES: "3"}))
        await used(client, {"secrets": "2", LEASES: "0"})
        await client.delete(f"{NAMESPACE}/secrets/a")
        await used(client, {"secrets": "1", LEASES: "0"})

    in_cluster(tmp_path, test)


def test_what_a_quota_no_longer_limits_is_no_longer_told(tmp_path: pathlib.Path) -> None:
    async def test(client: rest.Client) -> None:
        await client.create(f"{NAMESPACE}/resourcequotas", quota(pods="2", services="3"))
        await used(client, {"pods": "0", "services": "1"})
        changed = await client.get(QUOTA)
        changed["spec"]["hard"] = {"services": "5"}
        await client.update(QUOTA, changed)
        await used(client, {"services": "1"})

    in_cluster(tmp_path, test)
