"""What the DNS reads of Services, EndpointSlices, Namespaces and Nodes."""

import msgspec

from pyk3s.client.objects import Identity, SliceMetadata


class ServicePort(msgspec.Struct, rename="camel", gc=False):
    port: int
    name: str = ""
    protocol: str = "TCP"


class ServiceSpec(msgspec.Struct, rename="camel"):
    type: str = "ClusterIP"
    cluster_ips: list[str] = msgspec.field(name="clusterIPs", default_factory=list)
    external_name: str = ""
    ports: list[ServicePort] = []


class Service(msgspec.Struct, rename="camel"):
    metadata: Identity
    spec: ServiceSpec = msgspec.field(default_factory=ServiceSpec)

    @property
    def headless(self) -> bool:
        return self.spec.type != "ExternalName" and self.spec.cluster_ips[:1] in ([], ["None"])


class Conditions(msgspec.Struct, rename="camel", gc=False):
    ready: bool | None = None


class Endpoint(msgspec.Struct, rename="camel"):
    addresses: list[str]
    hostname: str = ""
    conditions: Conditions = msgspec.field(default_factory=Conditions)


class EndpointPort(msgspec.Struct, rename="camel", gc=False):
    name: str = ""
    port: int | None = None
    protocol: str = "TCP"


class EndpointSlice(msgspec.Struct, rename="camel"):
    metadata: SliceMetadata
    endpoints: list[Endpoint] | None = None
    ports: list[EndpointPort] | None = None


class Namespace(msgspec.Struct):
    metadata: Identity


class NodeAddress(msgspec.Struct, rename="camel", gc=False):
    type: str
    address: str


class NodeStatus(msgspec.Struct, rename="camel"):
    addresses: list[NodeAddress] = []


class Node(msgspec.Struct, rename="camel"):
    metadata: Identity
    status: NodeStatus = msgspec.field(default_factory=NodeStatus)
