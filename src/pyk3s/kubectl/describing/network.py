"""Services and Ingresses."""

from typing import Any

from pyk3s.kubectl.describing.writer import NONE, UNSET, Related, Writer, annotations, events, head, marks

JSON = dict[str, Any]
MOST_ENDPOINTS = 3
SERVICE_NAME = "kubernetes.io/service-name"


def service(obj: JSON, related: Related) -> str:
    writer, spec = Writer(), obj["spec"]
    head(writer, obj)
    found = spec.get("selector")
    writer.field(0, "Selector", ",".join(f"{key}={found[key]}" for key in sorted(found)) if found else NONE)
    writer.field(0, "Type", spec.get("type", ""))
    if spec.get("ipFamilyPolicy"):
        writer.field(0, "IP Family Policy", spec["ipFamilyPolicy"])
    if spec.get("ipFamilies"):
        writer.field(0, "IP Families", ",".join(spec["ipFamilies"]))
    else:
        writer.field(0, "IP Families", NONE)
    writer.field(0, "IP", spec.get("clusterIP", ""))
    writer.field(0, "IPs", ",".join(spec.get("clusterIPs") or ()) or NONE)
    if spec.get("externalIPs"):
        writer.field(0, "External IPs", ",".join(spec["externalIPs"]))
    if spec.get("loadBalancerIP"):
        writer.field(0, "Desired LoadBalancer IP", spec["loadBalancerIP"])
    if spec.get("externalName"):
        writer.field(0, "External Name", spec["externalName"])
    if ingress := ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress"):
        shown = ", ".join(
            f"{each.get('ip') or each.get('hostname')} ({each.get('ipMode', '')})"
            if each.get("ipMode")
            else str(each.get("ip") or each.get("hostname"))
            for each in ingress
        )
        writer.field(0, "LoadBalancer Ingress", shown)
    for port in spec.get("ports") or ():
        _port(writer, port, related.slices)
    writer.field(0, "Session Affinity", spec.get("sessionAffinity", ""))
    for title, field in (
        ("External Traffic Policy", "externalTrafficPolicy"),
        ("Internal Traffic Policy", "internalTrafficPolicy"),
        ("Traffic Distribution", "trafficDistribution"),
    ):
        if spec.get(field):
            writer.field(0, title, spec[field])
    if spec.get("healthCheckNodePort"):
        writer.field(0, "HealthCheck NodePort", spec["healthCheckNodePort"])
    if spec.get("loadBalancerSourceRanges"):
        writer.field(0, "LoadBalancer Source Ranges", ",".join(spec["loadBalancerSourceRanges"]))
    events(writer, related.events, related.now)
    return writer.text()


def _port(writer: Writer, port: JSON, slices: Any) -> None:
    name, protocol = port.get("name") or UNSET, port.get("protocol", "TCP")
    writer.line(0, f"Port:\t{name}\t{port['port']}/{protocol}")
    target = port.get("targetPort", port["port"])
    writer.line(0, f"TargetPort:\t{target}/{protocol}")
    if port.get("nodePort"):
        writer.line(0, f"NodePort:\t{name}\t{port['nodePort']}/{protocol}")
    writer.field(0, "Endpoints", endpoints(slices, port.get("name", "")) if slices else NONE)


def endpoints(slices: Any, name: str) -> str:
    """The first addresses of a port that are ready."""
    found = []
    for each in slices:
        number = next((port.get("port") for port in each.get("ports") or () if port.get("name", "") == name), None)
        for endpoint in each.get("endpoints") or () if number is not None else ():
            if (endpoint.get("conditions") or {}).get("ready", True):
                shown = [
                    f"[{ip}]:{number}" if ":" in ip else f"{ip}:{number}" for ip in endpoint.get("addresses") or ()
                ]
                found += shown[:1]
    more = f" + {len(found) - MOST_ENDPOINTS} more..." if len(found) > MOST_ENDPOINTS else ""
    return ",".join(found[:MOST_ENDPOINTS]) + more


def ingress(obj: JSON, related: Related) -> str:
    writer, spec = Writer(), obj.get("spec") or {}
    writer.field(0, "Name", obj["metadata"]["name"])
    marks(writer, 0, "Labels", obj["metadata"].get("labels"))
    writer.field(0, "Namespace", obj["metadata"].get("namespace", ""))
    listed = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    writer.field(0, "Address", ",".join(each.get("ip") or each.get("hostname", "") for each in listed))
    writer.field(0, "Ingress Class", spec.get("ingressClassName") or NONE)
    default = spec.get("defaultBackend")
    writer.field(0, "Default backend", _backend(default, related) if default else "<default>")
    if spec.get("tls"):
        writer.line(0, "TLS:")
        for each in spec["tls"]:
            secret = each.get("secretName", "")
            verb = f"{secret} terminates" if secret else "SNI routes"
            writer.line(1, f"{verb} {','.join(each.get('hosts') or ()) or '<none>'}")
    _rules(writer, spec, related)
    annotations(writer, 0, obj["metadata"].get("annotations"))
    events(writer, related.events, related.now)
    return writer.text()


def _rules(writer: Writer, spec: JSON, related: Related) -> None:
    writer.line(0, "Rules:\n  Host\tPath\tBackends")
    writer.line(1, "----\t----\t--------")
    rules = [each for each in spec.get("rules") or () if each.get("http")]
    for each in rules:
        writer.line(1, f"{each.get('host') or '*'}\t")
        for path in each["http"].get("paths") or ():
            writer.line(1, f"\t{path.get('path', '')} \t{_backend(path['backend'], related)}")
    if not rules:
        writer.line(
            1, f"*\t*\t{_backend(spec['defaultBackend'], related) if spec.get('defaultBackend') else '<default>'}"
        )


def _backend(found: JSON, related: Related) -> str:
    """A backend and the endpoints behind it."""
    if resource := found.get("resource"):
        return f"APIGroup: {resource.get('apiGroup', '')}, Kind: {resource['kind']}, Name: {resource['name']}"
    wanted = found.get("service") or {}
    name, port = wanted.get("name", ""), wanted.get("port") or {}
    shown = f"{name}:{port.get('name') or port.get('number', '')}"
    service_ = next((each for each in related.services if each["metadata"]["name"] == name), None)
    if service_ is None:
        return f'{shown} (<error: services "{name}" not found>)'
    slices = [each for each in related.slices if (each["metadata"].get("labels") or {}).get(SERVICE_NAME) == name]
    ports = service_["spec"].get("ports") or ()
    named = next((each.get("name", "") for each in ports if _is_port(each, port)), "")
    return f"{shown} ({endpoints(slices, named) if slices else NONE})"


def _is_port(service_port: JSON, wanted: JSON) -> bool:
    if wanted.get("name"):
        return bool(service_port.get("name") == wanted["name"])
    return bool(service_port["port"] == wanted.get("number"))
