"""Aggregated ClusterRoles against the real API server; the controllers have no more rights than their own user."""

import asyncio
import pathlib
from typing import Any

from hollow_node import until
from small_cluster import ADMIN, serving

from pyk3s.apiserver import identity
from pyk3s.client import rest
from pyk3s.controllers import manager
from pyk3s.controllers.settings import ControllerSettings
from pyk3s.lib import tasks

ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-"
MANAGER = identity.User("system:kube-controller-manager", ("system:authenticated",))
WIDGETS = {"apiGroups": ["example.com"], "resources": ["widgets"], "verbs": ["get", "list", "watch"]}
JSON = dict[str, Any]


async def rules(client: rest.Client, name: str) -> list[JSON]:
    return (await client.get(f"{ROLES}/{name}")).get("rules") or []


def union(roles: list[JSON], *selected: str) -> list[JSON]:
    """The rules of the roles that aggregate to `selected` and do not aggregate themselves."""
    labels = {f"{AGGREGATE}{each}" for each in selected}
    found: list[JSON] = []
    for role in roles:
        if "aggregationRule" not in role and labels & (role["metadata"].get("labels") or {}).keys():
            found += [each for each in role.get("rules") or () if each not in found]
    return found


def in_order(found: list[JSON]) -> list[str]:
    return sorted(str(sorted(each.items())) for each in found)


async def scenario(client: rest.Client) -> None:
    parts = {"view": ("view",), "edit": ("view", "edit"), "admin": ("view", "edit", "admin")}

    async def filled() -> bool:
        roles = (await client.list(ROLES))["items"]
        held = {role["metadata"]["name"]: role.get("rules") or [] for role in roles}
        return all(
            held[name] and in_order(held[name]) == in_order(union(roles, *selected)) for name, selected in parts.items()
        )

    await until(filled, "the three roles for users hold what aggregates to them")
    managers = (await client.get(f"{ROLES}/view"))["metadata"]["managedFields"]
    applied = {each["manager"]: each["fieldsV1"] for each in managers if each["operation"] == "Apply"}
    assert applied == {"clusterrole-aggregation-controller": {"f:rules": {}}}

    kind = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole"}
    labels = {f"{AGGREGATE}view": "true"}
    await client.create(ROLES, {**kind, "metadata": {"name": "widgets", "labels": labels}, "rules": [WIDGETS]})

    async def granted() -> bool:
        return all([WIDGETS in await rules(client, name) for name in parts])

    await until(granted, "a new role with the label is part of all three")
    assert await filled()

    await client.delete(f"{ROLES}/widgets")

    async def taken_back() -> bool:
        return not any([WIDGETS in await rules(client, name) for name in parts])

    await until(taken_back, "a deleted role is part of none")
    await client.patch(f"{ROLES}/view", {"rules": [WIDGETS]})
    await until(filled, "rules that somebody wrote by hand are replaced")


def test_roles_for_users_follow_the_roles_that_aggregate_to_them(tmp_path: pathlib.Path) -> None:
    async def work() -> None:
        async with serving(tmp_path, ADMIN, MANAGER) as (admin, own), tasks.TaskOwner("cluster") as owner:
            owner.start(manager.run(own, ControllerSettings(cluster_ca_pem="PEM")), "controllers")
            await scenario(admin)

    asyncio.run(work())
