"""What the endpoint controllers read and write."""

import msgspec

from pyk3s.client import objects

SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
HEADLESS = "service.kubernetes.io/headless"
SKIP_MIRROR = "endpointslice.kubernetes.io/skip-mirror"
SLICE_MANAGER = "endpointslice-controller.k8s.io"
MIRROR_MANAGER = "endpointslicemirroring-controller.k8s.io"


class ServicePort(msgspec.Struct, rename="camel", gc=False):
    name: str = ""
    protocol: str = "TCP"
    port: int = 0
    target_port: int | str = 0
    app_protocol: str | None = None


class ServiceSpec(msgspec.Struct, rename="camel"):
    selector: dict[str, str] = {}
    type: str = "ClusterIP"
    cluster_ip: str = msgspec.field(name="clusterIP", default="")
    ip_families: list[str] = []
    ports: list[ServicePort] = []
    publish_not_ready_addresses: bool = False


class Service(msgspec.Struct):
    metadata: objects.Metadata
    spec: ServiceSpec = msgspec.field(default_factory=ServiceSpec)

    @property
    def headless(self) -> bool:
        return self.spec.cluster_ip == "None"


class Port(msgspec.Struct, rename="camel", frozen=True, gc=False, omit_defaults=True):
    """A port of a slice or subset, resolved to a number."""

    name: str = ""
    port: int = 0
    protocol: str = "TCP"
    app_protocol: str | None = None


class Target(msgspec.Struct, rename="camel", gc=False, omit_defaults=True):
    kind: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""


class Conditions(msgspec.Struct, gc=False):
    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


class Endpoint(msgspec.Struct, rename="camel", omit_defaults=True):
    """One backend of a slice."""

    addresses: list[str] = []
    conditions: Conditions = msgspec.field(default_factory=Conditions)
    hostname: str | None = None
    target_ref: Target | None = None
    node_name: str | None = None
    zone: str | None = None

    @property
    def identity(self) -> str:
        """By what an endpoint is recognised across updates."""
        return f"{self.target_ref.uid if self.target_ref else ''}/{self.addresses[0] if self.addresses else ''}"


class EndpointSlice(msgspec.Struct, rename="camel"):
    metadata: objects.Metadata
    address_type: str = ""
    ports: list[Port] | None = None
    endpoints: list[Endpoint] | None = None


class Address(msgspec.Struct, rename="camel", gc=False, omit_defaults=True):
    """One backend of an Endpoints subset."""

    ip: str = ""
    hostname: str | None = None
    node_name: str | None = None
    target_ref: Target | None = None


class Subset(msgspec.Struct, rename="camel", omit_defaults=True):
    addresses: list[Address] = []
    not_ready_addresses: list[Address] = []
    ports: list[Port] = []


class Endpoints(msgspec.Struct):
    metadata: objects.Described
    subsets: list[Subset] = []
