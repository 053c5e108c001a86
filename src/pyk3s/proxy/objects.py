"""What the proxy reads of Services and EndpointSlices."""

import msgspec

from pyk3s.client.objects import Identity, SliceMetadata

Port = int | str


class ServicePort(msgspec.Struct, rename="camel", gc=False):
    port: int
    name: str = ""
    protocol: str = "TCP"
    node_port: int = 0


class ClientIP(msgspec.Struct, rename="camel", gc=False):
    timeout_seconds: int = 10800


class AffinityConfig(msgspec.Struct, rename="camel"):
    client_ip: ClientIP | None = msgspec.field(name="clientIP", default=None)


class ServiceSpec(msgspec.Struct, rename="camel"):
    type: str = "ClusterIP"
    cluster_ips: list[str] = msgspec.field(name="clusterIPs", default_factory=list)
    external_ips: list[str] = msgspec.field(name="externalIPs", default_factory=list)
    ports: list[ServicePort] = []
    session_affinity: str = "None"
    session_affinity_config: AffinityConfig | None = None
    internal_traffic_policy: str = "Cluster"
    external_traffic_policy: str = "Cluster"
    load_balancer_source_ranges: list[str] = []


class Ingress(msgspec.Struct, rename="camel"):
    ip: str = ""
    ip_mode: str = "VIP"


class LoadBalancer(msgspec.Struct, rename="camel"):
    ingress: list[Ingress] = []


class ServiceStatus(msgspec.Struct, rename="camel"):
    load_balancer: LoadBalancer = msgspec.field(default_factory=LoadBalancer)


class Service(msgspec.Struct, rename="camel"):
    metadata: Identity
    spec: ServiceSpec = msgspec.field(default_factory=ServiceSpec)
    status: ServiceStatus = msgspec.field(default_factory=ServiceStatus)


class Conditions(msgspec.Struct, rename="camel", gc=False):
    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


class Endpoint(msgspec.Struct, rename="camel"):
    addresses: list[str]
    conditions: Conditions = msgspec.field(default_factory=Conditions)
    node_name: str = ""


class EndpointPort(msgspec.Struct, rename="camel", gc=False):
    name: str = ""
    port: int | None = None
    protocol: str = "TCP"


class EndpointSlice(msgspec.Struct, rename="camel"):
    metadata: SliceMetadata
    address_type: str = "IPv4"
    endpoints: list[Endpoint] | None = None
    ports: list[EndpointPort] | None = None
