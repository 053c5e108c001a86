"""Flags, environment and files merged into one frozen value that the roles read; nobody below `roles` sees it."""

import grp
import pathlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyk3s.api import node_labels
from pyk3s.config import api_server_arguments, component_arguments, paths, sources
from pyk3s.config.flags import AGENT, DATA_DIR, ELSEWHERE, SERVER, by_name, flags_of
from pyk3s.config.snapshots import snapshot_settings
from pyk3s.config.values import Network, Values
from pyk3s.datastore.encryption import configuration
from pyk3s.datastore.snapshots.settings import SnapshotSettings
from pyk3s.lib.failure import Failure

RUNTIMES = ("runc",)
PACKAGED = ("coredns", "servicelb", "traefik", "local-storage", "metrics-server", "runtimes")


@dataclass(frozen=True)
class HostSettings:
    """What every host is told, server or agent."""

    paths: paths.Paths
    debug: bool
    log: str
    token: str
    node_name: str
    with_node_id: bool
    node_ips: tuple[str, ...]
    node_external_ips: tuple[str, ...]
    node_labels: tuple[str, ...]
    node_taints: tuple[str, ...]
    resolv_conf: str
    snapshotter: str
    pause_image: str
    container_runtime_endpoint: str
    image_service_endpoint: str
    private_registry: pathlib.Path
    registries_wanted: bool  # somebody named the file, so it must be there
    default_registry_endpoint: bool
    nonroot_devices: bool
    node_internal_dns: tuple[str, ...]
    node_external_dns: tuple[str, ...]
    kubelet: Mapping[str, Any]
    collection: Mapping[str, Any]
    protects_kernel: bool
    logs_to_stderr: bool


@dataclass(frozen=True)
class AgentSettings(HostSettings):
    """What `k3s agent` was asked to be. `server` is the URL to join; `balanced` whether through the load balancer."""

    server: str
    balancer_port: int
    balanced: bool


@dataclass(frozen=True)
class ServerSettings(HostSettings):
    """What `k3s server` was asked to be."""

    agent_token: str
    egress_mode: str
    bind_address: str
    port: int
    advertise_address: str
    advertise_port: int
    tls_sans: tuple[str, ...]
    cluster_cidr: Network
    service_cidr: Network
    node_ports: range
    cluster_dns: str
    cluster_domain: str
    kubeconfig: pathlib.Path
    kubeconfig_mode: int
    kubeconfig_group: int | None
    datastore: str
    snapshots: SnapshotSettings
    encrypts_secrets: bool
    encryption_provider: str
    disable: frozenset[str]
    agent: bool
    scheduler: bool
    controllers: bool
    controller_arguments: Mapping[str, Any]
    proxy: bool
    api_server_arguments: api_server_arguments.ApiServerArguments


def server_settings(arguments: Sequence[str], environment: Mapping[str, str], host_name: str) -> ServerSettings:
    """Merge the sources; raises Failure with one clear line for anything that cannot be."""
    values = _values(arguments, environment, SERVER)
    service_cidr = values.network("service-cidr")
    data_paths = paths.paths(values.text("data-dir"), DATA_DIR)
    host = _host(values, data_paths, host_name)
    _check_absent(values)
    return ServerSettings(
        **host,
        agent_token=read_token(values, "agent-token"),
        egress_mode=values.choice("egress-selector-mode", ("agent", "disabled")),
        bind_address=values.address("bind-address"),
        port=values.port("https-listen-port"),
        advertise_address=values.address("advertise-address"),
        advertise_port=values.port("advertise-port" if values.given("advertise-port") else "https-listen-port"),
        tls_sans=values.listed("tls-san"),
        cluster_cidr=values.network("cluster-cidr"),
        service_cidr=service_cidr,
        node_ports=values.ports("service-node-port-range"),
        cluster_dns=values.address("cluster-dns") or str(service_cidr[10]),
        cluster_domain=values.text("cluster-domain"),
        kubeconfig=pathlib.Path(values.text("write-kubeconfig")),
        kubeconfig_mode=values.mode("write-kubeconfig-mode"),
        kubeconfig_group=_group(values.text("write-kubeconfig-group")),
        datastore=_datastore(values, data_paths),
        snapshots=snapshot_settings(values, data_paths, host["node_name"]),
        encrypts_secrets=values.switch("secrets-encryption"),
        encryption_provider=values.choice("secrets-encryption-provider", tuple(configuration.TYPES)),
        disable=_disabled(values),
        agent=not values.switch("disable-agent"),
        scheduler=not values.switch("disable-scheduler"),
        controllers=not values.switch("disable-controller-manager"),
        controller_arguments=component_arguments.controllers(values.repeated("kube-controller-manager-arg")),
        proxy=not values.switch("disable-kube-proxy"),
        api_server_arguments=api_server_arguments.arguments(values.repeated("kube-apiserver-arg")),
    )


def agent_settings(arguments: Sequence[str], environment: Mapping[str, str], host_name: str) -> AgentSettings:
    """The same for an agent."""
    values = _values(arguments, environment, AGENT)
    return AgentSettings(
        **_host(values, paths.paths(values.text("data-dir"), DATA_DIR), host_name),
        server=values.server_url("server"),
        balancer_port=values.port("lb-server-port"),
        balanced=not values.switch("disable-apiserver-lb"),
    )


def _host(values: Values, data_paths: paths.Paths, host_name: str) -> dict[str, Any]:
    """The fields of HostSettings."""
    node, collection = component_arguments.kubelet(values.repeated("kubelet-arg"))
    values.choice("default-runtime", RUNTIMES)
    return {
        "paths": data_paths,
        "debug": values.switch("debug") or values.number("v") > 0,
        "log": values.text("log"),
        "token": read_token(values),
        "node_name": (values.text("node-name") or host_name).lower(),
        "with_node_id": values.switch("with-node-id"),
        "node_ips": values.addresses("node-ip"),
        "node_external_ips": values.addresses("node-external-ip"),
        "node_labels": _labels(values),
        "node_taints": values.listed("node-taint"),
        "resolv_conf": values.text("resolv-conf"),
        "snapshotter": values.choice("snapshotter", ("overlayfs", "native")),
        "pause_image": values.text("pause-image"),
        "container_runtime_endpoint": values.text("container-runtime-endpoint"),
        "image_service_endpoint": _image_service(values),
        "private_registry": pathlib.Path(values.text("private-registry")),
        "registries_wanted": values.given("private-registry"),
        "default_registry_endpoint": not values.switch("disable-default-registry-endpoint"),
        "nonroot_devices": values.switch("nonroot-devices"),
        "node_internal_dns": values.listed("node-internal-dns"),
        "node_external_dns": values.listed("node-external-dns"),
        "kubelet": node,
        "collection": collection,
        "protects_kernel": values.switch("protect-kernel-defaults"),
        "logs_to_stderr": values.switch("alsologtostderr"),
    }


def _labels(values: Values) -> tuple[str, ...]:
    """Labels of the node; those that a kubelet may not set are refused here, where it can be said."""
    pairs = values.pairs("node-label")
    for pair in pairs:
        label = pair.partition("=")[0]
        if not node_labels.kubelet_may_set(label):
            remedy = f"nodes may not set it themselves; use `kubectl label node NAME {pair}` afterwards"
            raise Failure(f"--node-label {label} is refused", remedy=remedy)
    return pairs


def _values(arguments: Sequence[str], environment: Mapping[str, str], command: str) -> Values:
    """The sources merged. Variables of the other command are none of this one's business, unless there is a word to
    say about them.
    """
    flags = flags_of(command)
    table = by_name(flags)
    given = sources.from_environment(environment, [flag for flag in flags if not flag.refused])
    for name, told in ELSEWHERE:
        if told == command and environment.get(table[name].env):
            sources.known(name, f"variable {table[name].env}", table)
    given |= sources.from_arguments(arguments, table, command=f"k3s {command}")
    asked = given.get("config")
    path = pathlib.Path(asked[-1] if asked else table["config"].default)
    return Values(sources.from_files(path, must_exist=asked is not None, table=table) | given, table)


def read_token(values: Values, name: str = "token") -> str:
    """A token as given, or out of the file that was given; empty if neither. Raises Failure."""
    if path := values.text(f"{name}-file"):
        try:
            return pathlib.Path(path).read_text().strip()
        except OSError as error:
            raise Failure(f"cannot read --{name}-file {path}", remedy=error.strerror or str(error)) from error
    return values.text(name)


def _check_absent(values: Values) -> None:
    """Switches for what this server never does: they hold, and must be switches all the same."""
    for name in ("disable-cloud-controller", "disable-network-policy", "disable-helm-controller"):
        values.switch(name)
    if not values.switch("tls-san-security"):
        remedy = "names are never taken from requests here; list them with --tls-san"
        raise Failure("--tls-san-security=false is refused", remedy=remedy)


def _image_service(values: Values) -> str:
    endpoint = values.text("image-service-endpoint")
    if endpoint and not values.text("container-runtime-endpoint"):
        remedy = "give --container-runtime-endpoint too; the embedded containerd is its own image service"
        raise Failure("--image-service-endpoint is refused", remedy=remedy)
    return endpoint


def _group(text: str) -> int | None:
    if not text or text.isdigit():
        return int(text) if text else None
    try:
        return grp.getgrnam(text).gr_gid
    except KeyError:
        raise Failure(f"invalid value {text!r} for --write-kubeconfig-group", remedy="no such group") from None


def _datastore(values: Values, data_paths: paths.Paths) -> str:
    endpoint = values.text("datastore-endpoint")
    if endpoint and not endpoint.startswith("sqlite:"):
        raise Failure(f"--datastore-endpoint {endpoint} is refused", remedy="only sqlite is supported so far")
    return endpoint or f"sqlite://{data_paths.database}"


def _disabled(values: Values) -> frozenset[str]:
    names = values.listed("disable")
    for name in names:
        if name not in PACKAGED:
            raise Failure(f"--disable {name} is refused", remedy=f"packaged components are {', '.join(PACKAGED)}")
    return frozenset(names)
