"""Tables of services and endpoints and of the groups networking and discovery."""

from typing import Any

from pyk3s.api import cells
from pyk3s.api.tables.columns import AGE, NAME, says, shows

JSON = dict[str, Any]

_SERVICE = "core.v1.ServiceSpec"
SERVICE = (
    NAME,
    shows("Type", f"{_SERVICE}.type"),
    shows("Cluster-IP", f"{_SERVICE}.clusterIP"),
    shows("External-IP", f"{_SERVICE}.externalIPs"),
    shows("Port(s)", f"{_SERVICE}.ports"),
    AGE,
    shows("Selector", f"{_SERVICE}.selector", priority=1),
)


def service(obj: JSON, now: float) -> list[Any]:
    spec = cells.spec(obj)
    addresses = spec.get("clusterIPs") or [spec.get("clusterIP")]
    return [
        obj["metadata"]["name"],
        spec.get("type", ""),
        addresses[0] or cells.NONE,
        _external_address(obj),
        ",".join(_service_port(port) for port in spec.get("ports") or ()) or cells.NONE,
        cells.age(obj, now),
        cells.labels(spec.get("selector")),
    ]


def _external_address(obj: JSON) -> str:
    spec = cells.spec(obj)
    given = list(spec.get("externalIPs") or ())
    match spec.get("type"):
        case "ClusterIP" | "NodePort":
            return ",".join(given) or cells.NONE
        case "LoadBalancer":
            return ",".join(filter(None, [_balancers(obj), *given])) or "<pending>"
        case "ExternalName":
            return str(spec.get("externalName", ""))
    return cells.UNKNOWN


def _balancers(obj: JSON) -> str:
    ingress = (cells.status(obj).get("loadBalancer") or {}).get("ingress") or ()
    return ",".join(sorted({each.get("ip") or each.get("hostname") or "" for each in ingress} - {""}))


def _service_port(port: JSON) -> str:
    node_port = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port.get('port')}{node_port}/{port.get('protocol', 'TCP')}"


ENDPOINTS = (NAME, shows("Endpoints", "core.v1.Endpoints.subsets"), AGE)


def endpoints(obj: JSON, now: float) -> list[Any]:
    listed: list[str] = []
    for subset in obj.get("subsets") or ():
        ips = [address["ip"] for address in subset.get("addresses") or ()]
        ports = subset.get("ports")
        listed += ips if not ports else [_host_port(ip, port["port"]) for port in ports for ip in ips]
    return [obj["metadata"]["name"], cells.first_three(listed, empty=cells.NONE), cells.age(obj, now)]


def _host_port(ip: str, port: int) -> str:
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"


_SLICE = "discovery.v1.EndpointSlice"
ENDPOINT_SLICE = (
    NAME,
    shows("AddressType", f"{_SLICE}.addressType"),
    shows("Ports", f"{_SLICE}.ports"),
    shows("Endpoints", f"{_SLICE}.endpoints"),
    AGE,
)


def endpoint_slice(obj: JSON, now: float) -> list[Any]:
    ports = [str(port["port"]) if port.get("port") is not None else "*" for port in obj.get("ports") or ()]
    addresses = [address for each in obj.get("endpoints") or () for address in each.get("addresses") or ()]
    return [
        obj["metadata"]["name"],
        obj.get("addressType", ""),
        cells.first_three(ports, empty=cells.UNSET),
        cells.first_three(addresses, empty=cells.UNSET),
        cells.age(obj, now),
    ]


INGRESS = (
    NAME,
    says("Class", "The name of the IngressClass resource that should be used for additional configuration"),
    says("Hosts", "Hosts that incoming requests are matched against before the ingress rule"),
    says("Address", "Address is a list containing ingress points for the load-balancer"),
    says("Ports", "Ports of TLS configurations that open"),
    AGE,
)


def ingress(obj: JSON, now: float) -> list[Any]:
    spec = cells.spec(obj)
    hosts = [rule["host"] for rule in spec.get("rules") or () if rule.get("host")]
    return [
        obj["metadata"]["name"],
        spec.get("ingressClassName") or cells.NONE,
        cells.first_three(hosts, empty="*"),
        _balancers(obj),
        "80, 443" if spec.get("tls") else "80",
        cells.age(obj, now),
    ]


INGRESS_CLASS = (
    NAME,
    says("Controller", "Controller that is responsible for handling this class"),
    says("Parameters", "A reference to a resource with additional parameters"),
    AGE,
)


def ingress_class(obj: JSON, now: float) -> list[Any]:
    parameters = cells.spec(obj).get("parameters")
    shown = cells.NONE
    if parameters is not None:
        group = f".{parameters['apiGroup']}" if parameters.get("apiGroup") else ""
        shown = f"{parameters.get('kind', '')}{group}/{parameters.get('name', '')}"
    return [obj["metadata"]["name"], cells.spec(obj).get("controller", ""), shown, cells.age(obj, now)]


NETWORK_POLICY = (NAME, shows("Pod-Selector", "networking.v1.NetworkPolicySpec.podSelector"), AGE)


def network_policy(obj: JSON, now: float) -> list[Any]:
    return [obj["metadata"]["name"], cells.selector(cells.spec(obj).get("podSelector")), cells.age(obj, now)]


IP_ADDRESS = (NAME, shows("ParentRef", "networking.v1.IPAddressSpec.parentRef"))


def ip_address(obj: JSON, now: float) -> list[Any]:
    parent = cells.spec(obj).get("parentRef")
    if parent is None:
        return [obj["metadata"]["name"], cells.NONE]
    resource = ".".join(filter(None, (parent.get("resource"), parent.get("group")))).lower()
    steps = filter(None, (resource, parent.get("namespace"), parent.get("name")))
    return [obj["metadata"]["name"], "/".join(steps)]


SERVICE_CIDR = (NAME, shows("CIDRs", "networking.v1.ServiceCIDRSpec.cidrs"), AGE)


def service_cidr(obj: JSON, now: float) -> list[Any]:
    return [obj["metadata"]["name"], cells.joined(cells.spec(obj).get("cidrs")), cells.age(obj, now)]
