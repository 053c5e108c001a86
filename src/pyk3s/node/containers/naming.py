"""Names in a pod: its /etc/hosts and what its /etc/resolv.conf says, by dnsPolicy, dnsConfig and hostAliases."""

import pathlib
from collections.abc import Iterable
from dataclasses import dataclass

from pyk3s.node import objects
from pyk3s.node.containers.requests import Resolver

MOST_SERVERS, MOST_SEARCHES, MOST_SEARCH_CHARACTERS = 3, 32, 2048
HOSTS_HEAD = "# Kubernetes-managed hosts file.\n"
HOSTS_HEAD_HOST_NETWORK = "# Kubernetes-managed hosts file (host network).\n"


@dataclass(frozen=True, slots=True)
class ClusterNames:
    """Where cluster names are answered, and what the node itself uses."""

    dns: str
    domain: str
    node: Resolver


def read_resolver(path: pathlib.Path) -> Resolver:
    """The node's own resolver; without a file there is none."""
    try:
        return parse_resolver(path.read_text())
    except FileNotFoundError:
        return Resolver()


def parse_resolver(text: str) -> Resolver:
    """nameserver, search and options lines of resolv.conf(5); the last search line counts."""
    servers: list[str] = []
    searches: list[str] = []
    options: list[str] = []
    for line in text.splitlines():
        words = line.split("#")[0].split(";")[0].split()
        if len(words) < 2:
            continue
        if words[0] == "nameserver":
            servers.append(words[1])
        elif words[0] in ("search", "domain"):
            searches = words[1:]
        elif words[0] == "options":
            options = words[1:]
    return Resolver(tuple(servers), tuple(searches), tuple(options))


def resolver(pod: objects.Pod, names: ClusterNames) -> Resolver:
    """What the pod resolves names with."""
    policy = pod.spec.get("dnsPolicy") or "ClusterFirst"
    if policy == "ClusterFirst" and pod.host_network:
        policy = "Default"
    if policy == "None":
        base = Resolver()
    elif policy == "Default" or not names.dns:
        base = names.node
    else:
        own = (f"{pod.namespace}.svc.{names.domain}", f"svc.{names.domain}", names.domain)
        base = Resolver((names.dns,), own + names.node.searches, ("ndots:5",))
    return _limited(_extended(base, pod.spec.get("dnsConfig") or {}))


def _extended(base: Resolver, config: objects.JSON) -> Resolver:
    options = {option.split(":", 1)[0]: option for option in base.options}
    for option in config.get("options") or ():
        value = option.get("value")
        options[option["name"]] = f"{option['name']}:{value}" if value else option["name"]
    return Resolver(
        _distinct(base.servers, config.get("nameservers") or ()),
        _distinct(base.searches, config.get("searches") or ()),
        tuple(options.values()),
    )


def _distinct(*groups: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for group in groups for each in group))


def _limited(made: Resolver) -> Resolver:
    searches = list(made.searches[:MOST_SEARCHES])
    while len(" ".join(searches)) > MOST_SEARCH_CHARACTERS:
        searches.pop()
    return Resolver(made.servers[:MOST_SERVERS], tuple(searches), made.options)


def hosts_file(
    pod: objects.Pod, *, ips: tuple[str, ...], hostname: str, domain: str, node_hosts: str | None = None
) -> str:
    """The text of /etc/hosts: the pod's own names and hostAliases; with hostNetwork below the node's file."""
    if node_hosts is not None:
        return HOSTS_HEAD_HOST_NETWORK + node_hosts + _aliases(pod)
    lines = [
        "127.0.0.1\tlocalhost",
        "::1\tlocalhost ip6-localhost ip6-loopback",
        "fe00::0\tip6-localnet",
        "fe00::0\tip6-mcastprefix",
        "fe00::1\tip6-allnodes",
        "fe00::2\tip6-allrouters",
    ]
    subdomain = pod.spec.get("subdomain")
    full = f"{hostname}.{subdomain}.{pod.namespace}.svc.{domain}\t" if subdomain else ""
    lines += [f"{ip}\t{full}{hostname}" for ip in ips]
    return HOSTS_HEAD + "\n".join(lines) + "\n" + _aliases(pod)


def _aliases(pod: objects.Pod) -> str:
    aliases = pod.spec.get("hostAliases") or ()
    if not aliases:
        return ""
    lines = [f"{alias['ip']}\t" + "\t".join(alias.get("hostnames") or ()) for alias in aliases]
    return "\n# Entries added by HostAliases.\n" + "\n".join(lines) + "\n"
