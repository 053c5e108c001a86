"""Scheduler and controllers against the real API server, with a hollow node in place of a machine."""

import pathlib
from typing import Any

from hollow_node import until
from small_cluster import in_cluster, is_gone

from pyk3s.client import rest

DEPLOYMENT = "/apis/apps/v1/namespaces/default/deployments/web"
SETS = "/apis/apps/v1/namespaces/default/replicasets"
PODS = "/api/v1/namespaces/default/pods"
JSON = dict[str, Any]


def web(image: str = "img:1", replicas: int = 3, **spec: Any) -> JSON:
    container = {"name": "c", "image": image, "ports": [{"name": "http", "containerPort": 80}]}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "labels": {"app": "web"}},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": template, **spec},
    }


async def items(client: rest.Client, path: str, **query: str) -> list[JSON]:
    return (await client.list(path, **query))["items"]  # type: ignore[no-any-return]


async def rolled_out(client: rest.Client, replicas: int = 3) -> bool:
    found = await client.get(DEPLOYMENT)
    status = found.get("status", {})
    counts = {status.get(key, 0) for key in ("replicas", "updatedReplicas", "availableReplicas", "readyReplicas")}
    return counts == {replicas} and status.get("observedGeneration") == found["metadata"]["generation"]


def test_every_namespace_gets_an_account_and_the_certificate(tmp_path: pathlib.Path) -> None:
    async def test(client: rest.Client) -> None:
        await client.create(
            "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "extra"}}
        )
        account, bundle = (
            "/api/v1/namespaces/extra/serviceaccounts/default",
            "/api/v1/namespaces/extra/configmaps/kube-root-ca.crt",
        )

        async def there() -> bool:
            return not await is_gone(client, account) and not await is_gone(client, bundle)

        await until(there, "both are there")
        assert (await client.get(bundle))["data"] == {"ca.crt": "PEM"}
        await client.delete(account)
        await until(there, "a lost account is made again")

    in_cluster(tmp_path, test, nodes=0)


def test_a_deployment_rolls_out_updates_goes_back_scales_and_leaves_nothing(tmp_path: pathlib.Path) -> None:
    async def test(client: rest.Client) -> None:
        await client.create("/apis/apps/v1/namespaces/default/deployments", web())
        await until(lambda: rolled_out(client), "it is rolled out")
        await client.patch(DEPLOYMENT, {"spec": {"template": web("img:2")["spec"]["template"]}})
        await until(lambda: rolled_out(client), "it is updated")
        images = {pod["spec"]["containers"][0]["image"] for pod in await items(client, PODS)}
        assert "img:2" in images
        revisions = {
            each["metadata"]["annotations"]["deployment.kubernetes.io/revision"]: each["spec"]["replicas"]
            for each in await items(client, SETS)
        }
        assert revisions == {"1": 0, "2": 3}
        await client.patch(DEPLOYMENT, {"spec": {"template": web("img:1")["spec"]["template"]}})
        await until(lambda: rolled_out(client), "it is rolled back")
        revisions = {
            each["metadata"]["annotations"]["deployment.kubernetes.io/revision"]: each["spec"]["replicas"]
            for each in await items(client, SETS)
        }
        assert revisions == {"2": 0, "3": 3}
        await client.patch(DEPLOYMENT, {"spec": {"replicas": 5}})
        await until(lambda: rolled_out(client, 5), "it is scaled")
        await client.delete(DEPLOYMENT)

        async def empty() -> bool:
            return not await items(client, SETS) and not await items(client, PODS)

        await until(empty, "sets and pods are gone")

    in_cluster(tmp_path, test)


def test_recreate_ends_the_old_before_it_starts_the_new(tmp_path: pathlib.Path) -> None:
    async def test(client: rest.Client) -> None:
        await client.create("/apis/apps/v1/namespaces/default/deployments", web(strategy={"type": "Recreate"}))
        await until(lambda: rolled_out(client), "it is rolled out")
        await client.patch(DEPLOYMENT, {"spec": {"template": web("img:2")["spec"]["template"]}})
        await until(lambda: rolled_out(client), "it is updated")
        pods = await items(client, PODS)
        assert {pod["spec"]["containers"][0]["image"] for pod in pods} == {"img:2"}

    in_cluster(tmp_path, test)


def test_a_paused_deployment_is_resized_but_not_rolled_out(tmp_path: pathlib.Path) -> None:
    async def test(client: rest.Client) -> None:
        await client.create("/apis/apps/v1/namespaces/default/deployments", web())
        await until(lambda: rolled_out(client), "it is rolled out")
        template = web("img:2")["spec"]["template"]
        await client.patch(DEPLOYMENT, {"spec": {"paused": True, "replicas": 4, "template": template}})

        async def resized() -> bool:
            return [each["spec"]["replicas"] for each in await items(client, SETS)] == [4]

        await until(resized, "the one set is resized")
        await client.patch(DEPLOYMENT, {"spec": {"paused": False}})
        await until(lambda: rolled_out(client, 4), "it goes on")
        assert len(await items(client, SETS)) == 2

    in_cluster(tmp_path, test)


def test_a_deleted_pod_is_replaced_and_a_relabelled_one_released(tmp_path: pathlib.Path) -> None:
    async def test(client: rest.Client) -> None:
        await client.create("/apis/apps/v1/namespaces/default/deployments", web(replicas=2))
        await until(lambda: rolled_out(client, 2), "it is rolled out")
        first, second = await items(client, PODS)
        await client.delete(f"{PODS}/{first['metadata']['name']}")
        await client.patch(f"{PODS}/{second['metadata']['name']}", {"metadata": {"labels": {"app": "other"}}})

        async def replaced() -> bool:
            names = {pod["metadata"]["name"] for pod in await items(client, PODS, labelSelector="app=web")}
            return len(names) == 2 and not names & {each["metadata"]["name"] for each in (first, second)}

        await until(replaced, "two new pods take their places")

        async def released() -> bool:
            found = await client.get(f"{PODS}/{second['metadata']['name']}")
            return not found["metadata"].get("ownerReferences")

        await until(released, "the relabelled pod is nobody's")

    in_cluster(tmp_path, test)


def test_endpoints_follow_ready_pods(tmp_path: pathlib.Path) -> None:
    async def test(client: rest.Client) -> None:
        await client.create("/apis/apps/v1/namespaces/default/deployments", web(replicas=2))
        service = {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]}
        body = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": service}
        await client.create("/api/v1/namespaces/default/services", body)

        async def sliced() -> bool:
            found = await items(
                client,
                "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
                labelSelector="kubernetes.io/service-name=web",
            )
            endpoints = [each for one in found for each in one.get("endpoints") or ()]
            return len(endpoints) == 2 and all(each["conditions"]["ready"] for each in endpoints)

        await until(sliced, "the slice has both")

        async def listed() -> bool:
            path = "/api/v1/namespaces/default/endpoints/web"
            if await is_gone(client, path):
                return False
            subsets = (await client.get(path)).get("subsets") or []
            return [len(each.get("addresses") or ()) for each in subsets] == [2]

        await until(listed, "and so has the Endpoints object")
        await client.delete("/api/v1/namespaces/default/services/web")

        async def gone() -> bool:
            path = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
            return not await items(client, path, labelSelector="kubernetes.io/service-name=web")

        await until(gone, "the slice goes with its service")

    in_cluster(tmp_path, test)


def config_map(name: str, owner: JSON | None = None, **reference: Any) -> JSON:
    meta: JSON = {"name": name}
    if owner is not None:
        entry = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"],
        }
        meta["ownerReferences"] = [{**entry, **reference}]
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}


MAPS = "/api/v1/namespaces/default/configmaps"


def test_dependents_go_with_their_owner_or_are_orphaned(tmp_path: pathlib.Path) -> None:
    async def test(client: rest.Client) -> None:
        owner = await client.create(MAPS, config_map("owner"))
        await client.create(MAPS, config_map("dependent", owner))
        await client.delete(f"{MAPS}/owner")
        await until(lambda: is_gone(client, f"{MAPS}/dependent"), "the dependent goes")

        owner = await client.create(MAPS, config_map("owner"))
        await client.create(MAPS, config_map("dependent", owner))
        await client.delete(f"{MAPS}/owner", {"propagationPolicy": "Orphan"})
        await until(lambda: is_gone(client, f"{MAPS}/owner"), "the owner goes")
        assert not (await client.get(f"{MAPS}/dependent"))["metadata"].get("ownerReferences")

    in_cluster(tmp_path, test, nodes=0)


def test_a_foreground_deletion_waits_for_blocking_dependents(tmp_path: pathlib.Path) -> None:
    async def test(client: rest.Client) -> None:
        owner = await client.create(MAPS, config_map("owner"))
        held = config_map("held", owner, blockOwnerDeletion=True)
        held["metadata"]["finalizers"] = ["example.com/hold"]
        await client.create(MAPS, held)
        await client.delete(f"{MAPS}/owner", {"propagationPolicy": "Foreground"})

        async def leaving() -> bool:
            return bool((await client.get(f"{MAPS}/held"))["metadata"].get("deletionTimestamp"))

        await until(leaving, "the dependent is being deleted")
        assert not await is_gone(client, f"{MAPS}/owner")
        await client.patch(f"{MAPS}/held", {"metadata": {"finalizers": None}})
        await until(lambda: is_gone(client, f"{MAPS}/owner"), "then the owner goes")

    in_cluster(tmp_path, test, nodes=0)


def test_a_namespace_goes_with_all_that_is_in_it(tmp_path: pathlib.Path) -> None:
    async def test(client: rest.Client) -> None:
        await client.create(
            "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "doomed"}}
        )
        await client.create("/apis/apps/v1/namespaces/doomed/deployments", web())
        held = config_map("held")
        held["metadata"]["finalizers"] = ["example.com/hold"]
        await client.create("/api/v1/namespaces/doomed/configmaps", held)
        await client.delete("/api/v1/namespaces/doomed")

        async def told() -> bool:
            conditions = (await client.get("/api/v1/namespaces/doomed"))["status"].get("conditions") or []
            return any(
                each["type"] == "NamespaceFinalizersRemaining" and "example.com/hold in 1" in each["message"]
                for each in conditions
            )

        await until(told, "what holds it up is told")
        await client.patch("/api/v1/namespaces/doomed/configmaps/held", {"metadata": {"finalizers": None}})
        await until(lambda: is_gone(client, "/api/v1/namespaces/doomed"), "it goes")

    in_cluster(tmp_path, test)


def test_a_silent_node_is_tainted_and_its_pods_move(tmp_path: pathlib.Path) -> None:
    async def test(client: rest.Client) -> None:
        await client.create("/apis/apps/v1/namespaces/default/deployments", web(replicas=1))
        await until(lambda: rolled_out(client, 1), "it is rolled out")

        async def tainted() -> bool:
            found = await items(client, "/api/v1/nodes")
            return all(
                any(taint["key"] == "node.kubernetes.io/unreachable" for taint in node["spec"].get("taints") or ())
                for node in found
            )

        await until(tainted, "every silent node is tainted")
        for node in await items(client, "/api/v1/nodes"):
            effects = {taint["effect"] for taint in node["spec"]["taints"]}
            assert effects == {"NoSchedule"}, "while all nodes are lost nothing is driven away"
            assert node["spec"]["podCIDR"].startswith("10.42.")

    in_cluster(tmp_path, test, nodes=2, node_grace_s=3.0)


def test_pods_of_a_deleted_node_are_removed(tmp_path: pathlib.Path) -> None:
    async def test(client: rest.Client) -> None:
        container = {"name": "c", "image": "img"}
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "stray"},
            "spec": {"nodeName": "ghost", "containers": [container]},
        }
        await until(lambda: _has_account(client), "pods can be created")
        await client.create(PODS, pod)
        await until(lambda: is_gone(client, f"{PODS}/stray"), "the stray pod goes")

    in_cluster(tmp_path, test, nodes=0, orphan_quarantine_s=0.2)


async def _has_account(client: rest.Client) -> bool:
    return not await is_gone(client, "/api/v1/namespaces/default/serviceaccounts/default")


def test_a_policy_is_told_which_fields_its_kinds_do_not_have(tmp_path: pathlib.Path) -> None:
    rule = {"apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["deployments"], "operations": ["*"]}
    policy = {
        "metadata": {"name": "p"},
        "spec": {
            "matchConstraints": {"resourceRules": [rule]},
            "validations": [{"expression": "object.spec.replicas < 3"}, {"expression": "object.replicas < 3"}],
        },
    }
    path = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"

    async def test(client: rest.Client) -> None:
        await client.create(path, policy)

        async def is_looked_at() -> bool:
            return "typeChecking" in ((await client.get(f"{path}/p")).get("status") or {})

        await until(is_looked_at, "the policy has a status")
        told = (await client.get(f"{path}/p"))["status"]
        assert told["observedGeneration"] == 1
        [warning] = told["typeChecking"]["expressionWarnings"]
        assert warning["fieldRef"] == "spec.validations[1].expression"
        assert "apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'replicas'" in warning["warning"]

    in_cluster(tmp_path, test, nodes=0)
