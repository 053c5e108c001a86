"""Projections of the API objects that the node reads, and the few questions asked of them everywhere."""

from typing import Any

import msgspec

from pyk3s.client import objects as client_objects

JSON = dict[str, Any]


class PodMeta(client_objects.Described, rename="camel"):
    """Metadata of a pod."""

    deletion_grace_period_seconds: int | None = None


class Pod(msgspec.Struct):
    """A pod; spec and status stay JSON, because the node reads most of them."""

    metadata: PodMeta
    spec: JSON
    status: JSON = msgspec.field(default_factory=dict)

    @property
    def uid(self) -> str:
        return self.metadata.uid

    @property
    def namespace(self) -> str:
        return self.metadata.namespace

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def key(self) -> str:
        """`namespace/name`, as log lines and informers name it."""
        return self.metadata.key

    @property
    def deleted(self) -> bool:
        return bool(self.metadata.deletion_timestamp)

    @property
    def grace_seconds(self) -> int:
        """How long containers may take to end: that of the deletion, or else that of the spec."""
        told = self.metadata.deletion_grace_period_seconds
        if told is None:
            told = self.spec.get("terminationGracePeriodSeconds", 30)
        return int(told)

    @property
    def finished(self) -> bool:
        """Whether the pod came to an end that nothing undoes."""
        return self.status.get("phase") in ("Succeeded", "Failed")

    @property
    def qos(self) -> str:
        return str(self.status.get("qosClass") or "BestEffort")

    @property
    def host_network(self) -> bool:
        return bool(self.spec.get("hostNetwork"))

    @property
    def restart_policy(self) -> str:
        return str(self.spec.get("restartPolicy") or "Always")

    def containers(self) -> list[JSON]:
        return list(self.spec.get("containers") or ())

    def init_containers(self) -> list[JSON]:
        return list(self.spec.get("initContainers") or ())

    def ephemeral_containers(self) -> list[JSON]:
        return list(self.spec.get("ephemeralContainers") or ())

    def every_container(self) -> list[JSON]:
        return [*self.init_containers(), *self.containers(), *self.ephemeral_containers()]

    def container(self, name: str) -> JSON | None:
        return next((each for each in self.every_container() if each["name"] == name), None)

    def container_status(self, name: str) -> JSON | None:
        """The status the API last had of a container."""
        for group in ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"):
            for status in self.status.get(group) or ():
                if status["name"] == name:
                    return dict(status)
        return None


class ServicePort(msgspec.Struct):
    """One port of a Service, as its environment variables need it."""

    port: int
    name: str = ""
    protocol: str = "TCP"


class ServiceSpec(msgspec.Struct, rename="camel"):
    """The parts of a Service that become environment variables."""

    cluster_ip: str = msgspec.field(default="", name="clusterIP")
    ports: list[ServicePort] = msgspec.field(default_factory=list)


class Service(msgspec.Struct):
    """A Service in the eyes of a container's environment."""

    metadata: client_objects.Identity
    spec: ServiceSpec = msgspec.field(default_factory=ServiceSpec)


def is_sidecar(container: JSON) -> bool:
    """An init container that keeps running beside the others."""
    return container.get("restartPolicy") == "Always"
