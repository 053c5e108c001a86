"""Objects to measure with. ConfigMap and Pod are those of create.lua."""

from typing import Any

JSON = dict[str, Any]
NAMESPACE = "bench"
COLLECTION = f"/api/v1/namespaces/{NAMESPACE}"


def namespace() -> JSON:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}


def service_account() -> JSON:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}


def config_map(name: str) -> JSON:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "x" * 500}}


def pod(name: str, *, node: str = "none") -> JSON:
    """A small pod, on a node that nobody runs unless `node` is empty."""
    container = {
        "name": "c",
        "image": "nginx:1.25",
        "ports": [{"containerPort": 80}],
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
        "env": [{"name": "A", "value": "b"}],
    }
    metadata = {"name": name, "labels": {"app": "bench", "tier": "web"}}
    spec = {"containers": [container], **({"nodeName": node} if node else {})}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


async def prepare(client: Any) -> None:
    """Namespace and service account, for servers without controllers."""
    from pyk3s.client import errors

    for path, obj in (("/api/v1/namespaces", namespace()), (f"{COLLECTION}/serviceaccounts", service_account())):
        try:
            await client.create(path, obj)
        except errors.ApiError as error:
            if error.code != 409:
                raise
