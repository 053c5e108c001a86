"""What the server writes of its own accord, in the name of upstream's server. What has gone meanwhile is let be."""

from pyk3s.api import status
from pyk3s.apiserver import identity
from pyk3s.apiserver.registry import context, deletion, updating
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.registry import store as stores

SERVER = identity.User("system:apiserver", (identity.MASTERS, "system:authenticated"))
MANAGER = "kube-apiserver"


def write(registry: registries.Registry) -> context.Write:
    """A write by the server itself."""
    return context.Write(user=SERVER, now=registry.now(), manager=MANAGER)


async def update(
    registry: registries.Registry, store: stores.ResourceStore, name: str, change: updating.Change
) -> None:
    """Change a cluster-scoped object."""
    try:
        await updating.update(registry, store, "", name, change, write(registry))
    except status.StatusError as error:
        if error.code != 404:
            raise


async def delete(registry: registries.Registry, store: stores.ResourceStore, namespace: str, name: str) -> None:
    """Delete an object."""
    try:
        await deletion.delete(registry, store, namespace, name, options=context.DeleteOptions(), write=write(registry))
    except status.StatusError as error:
        if error.code != 404:
            raise
