"""Services of each type, and Ingresses out of rules."""

import re
from typing import Any

from pyk3s.kubectl.arguments import EACH, LIST, NUMBER, Flag
from pyk3s.kubectl.command import Call, Command, Group
from pyk3s.kubectl.creating import generator
from pyk3s.kubectl.errors import CommandError

JSON = dict[str, Any]
TCP = Flag("tcp", "", LIST, text="PORT[:TARGET]; may be repeated")
NODE_PORT = Flag("node-port", "", NUMBER, "0", text="Port on every node")


def service(type_: str) -> generator.Build:
    """The generator of one type of Service."""

    def build(call: Call, name: str) -> JSON:
        flags = call.flags
        spec: JSON = {"selector": {"app": name}, "type": type_}
        ports = [_port(text) for text in flags.many("tcp")]
        cluster_ip = flags.text("clusterip") if "clusterip" in flags.names else ""
        if not ports and cluster_ip != "None" and type_ != "ExternalName":
            raise CommandError("at least one tcp port specifier must be provided")
        if "node-port" in flags.names and flags.number("node-port"):
            for each in ports:
                each["nodePort"] = flags.number("node-port")
        if ports:
            spec["ports"] = ports
        if cluster_ip:
            spec["clusterIP"] = cluster_ip
        if type_ == "ExternalName":
            generator.required(call, "external-name")
            spec["externalName"] = flags.text("external-name")
        metadata = {"name": name, "labels": {"app": name}}
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": spec,
            "status": {"loadBalancer": {}},
        }

    return generator.pure(build)


def _port(text: str) -> JSON:
    port, _, target = text.partition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise CommandError(
            f"{port} is not a valid port number" if not port.isdecimal() else f'invalid port number "{port}"'
        )
    wanted: int | str = int(port) if not target else int(target) if target.isdecimal() else target
    name = text.replace(":", "-")
    return {"name": name, "port": int(port), "protocol": "TCP", "targetPort": wanted}


def _service(type_: str, usage: str, *flags: Flag) -> Command:
    return generator.command(usage, f"Create a {type_} service", flags, service(type_))


SERVICE = Group(
    "Create a service using a specified subcommand",
    {
        "clusterip": _service(
            "ClusterIP",
            "NAME [--tcp=<port>:<targetPort>]",
            TCP,
            Flag("clusterip", text="Address, or None for headless"),
        ),
        "nodeport": _service("NodePort", "NAME [--tcp=port:targetPort]", TCP, NODE_PORT),
        "loadbalancer": _service("LoadBalancer", "NAME [--tcp=port:targetPort]", TCP),
        "externalname": _service(
            "ExternalName", "NAME --external-name external.name", TCP, Flag("external-name", text="Name it stands for")
        ),
    },
)

_RULE = re.compile(
    r"(?P<host>[^/=,]*)(?P<path>/[^=,]*)=(?P<service>[^:,]+):(?P<port>[^,]+)(,tls(=(?P<secret>[^,]+))?)?"
)


def ingress(call: Call, name: str) -> JSON:
    """An Ingress out of `host/path*=service:port[,tls[=secret]]` rules."""
    flags = call.flags
    if not flags.many("rule") and not flags.text("default-backend"):
        raise CommandError(
            "not enough information provided: every ingress has to either specify a default-backend (which catches "
            "all traffic) or a list of rules (which catch specific paths)"
        )
    spec: JSON = {}
    if flags.text("class"):
        spec["ingressClassName"] = flags.text("class")
    if backend := flags.text("default-backend"):
        service_name, colon, port = backend.partition(":")
        if not colon:
            raise CommandError("default-backend should be in format servicename:serviceport")
        spec["defaultBackend"] = _backend(service_name, port)
    rules, tls = _rules(flags.many("rule"))
    if rules:
        spec["rules"] = rules
    if tls:
        spec["tls"] = tls
    metadata: JSON = {"name": name}
    if flags.many("annotation"):
        metadata["annotations"] = generator.pairs(flags.many("annotation"), "annotation")
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": metadata,
        "spec": spec,
        "status": {"loadBalancer": {}},
    }


def _backend(name: str, port: str) -> JSON:
    return {"service": {"name": name, "port": {"number": int(port)} if port.isdecimal() else {"name": port}}}


def _rules(texts: list[str]) -> tuple[list[JSON], list[JSON]]:
    by_host: dict[str, list[JSON]] = {}
    tls: list[JSON] = []
    for text in texts:
        found = _RULE.fullmatch(text)
        if found is None:
            raise CommandError(
                f"rule {text} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]"
            )
        path = found["path"]
        kind, plain = ("Prefix", path[:-1]) if path.endswith("*") else ("Exact", path)
        backend = _backend(found["service"], found["port"])
        by_host.setdefault(found["host"], []).append({"backend": backend, "path": plain, "pathType": kind})
        if ",tls" in text:
            _add_tls(tls, found["host"], found["secret"] or "")
    rules = [({"host": host} if host else {}) | {"http": {"paths": paths}} for host, paths in by_host.items()]
    return rules, tls


def _add_tls(tls: list[JSON], host: str, secret: str) -> None:
    entry = next((each for each in tls if each.get("secretName", "") == secret), None)
    if entry is None:
        entry = ({"hosts": []} if host else {}) | ({"secretName": secret} if secret else {})
        tls.append(entry)
    if host and host not in entry.setdefault("hosts", []):
        entry["hosts"].append(host)


INGRESS = generator.command(
    "NAME --rule=host/path=service:port[,tls[=secret]]",
    "Create an ingress with the specified name",
    (
        Flag("rule", "", EACH, text="host/path=service:port[,tls[=secret]]; may be repeated"),
        Flag("class", text="The ingress class"),
        Flag("default-backend", text="service:port for everything else"),
        Flag("annotation", "", EACH, text="key=value; may be repeated"),
    ),
    generator.pure(ingress),
)
