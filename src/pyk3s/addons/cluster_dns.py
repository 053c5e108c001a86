"""The Service `kube-system/kube-dns`: the name under which clients look for the cluster DNS that every agent serves."""

from typing import Any

from pyk3s.client import resources
from pyk3s.client.errors import ApiError
from pyk3s.client.rest import Client

NAMESPACE = "kube-system"
NAME = "kube-dns"
LABELS = {
    "k8s-app": "kube-dns",
    "kubernetes.io/cluster-service": "true",
    "kubernetes.io/name": "CoreDNS",
}


def service(address: str) -> dict[str, Any]:
    """The Service object for a cluster DNS address. It selects no pods: agents answer on the address themselves."""
    ports = [
        {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53},
        {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 53},
    ]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": NAME, "namespace": NAMESPACE, "labels": LABELS},
        "spec": {"clusterIP": address, "clusterIPs": [address], "ports": ports},
    }


async def ensure(client: Client, address: str) -> None:
    """Create the Service if it is not there; one that a person changed is left alone."""
    try:
        await client.create(resources.SERVICES.path(NAMESPACE), service(address))
    except ApiError as error:
        if not error.already_exists and "already allocated" not in error.message:
            raise
