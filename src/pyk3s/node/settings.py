"""What the node part is told from outside, as one frozen value. Paths default to those of K3s and the kubelet."""

import pathlib
from dataclasses import dataclass, field

from pyk3s.cri import images
from pyk3s.cri.containerd.registries import Registries


@dataclass(frozen=True, slots=True)
class CollectionSettings:
    """When space is reclaimed. Percentages of the image file system; log size in bytes."""

    image_high_percent: int = 85
    image_low_percent: int = 80
    image_least_age_s: int = 120
    dead_containers_per_container: int = 1
    log_size: int = 10 * 1024 * 1024
    log_files: int = 5


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """One node. `container_runtime_endpoint` empty means: run containerd ourselves."""

    node_name: str
    node_ip: str
    data_dir: pathlib.Path = pathlib.Path("/var/lib/rancher/k3s")
    run_dir: pathlib.Path = pathlib.Path("/run/k3s")
    kubelet_dir: pathlib.Path = pathlib.Path("/var/lib/kubelet")
    pod_log_dir: pathlib.Path = pathlib.Path("/var/log/pods")
    external_ips: tuple[str, ...] = ()
    internal_dns: tuple[str, ...] = ()
    external_dns: tuple[str, ...] = ()
    hostname: str = ""
    kubelet_address: str = "0.0.0.0"
    kubelet_port: int = 10250
    serving_certificate: pathlib.Path | None = None  # with its key: without them no HTTPS server is started
    serving_key: pathlib.Path | None = None
    client_ca: pathlib.Path | None = None
    cluster_dns: str = "10.43.0.10"
    cluster_domain: str = "cluster.local"
    resolv_conf: pathlib.Path = pathlib.Path("/etc/resolv.conf")
    container_runtime_endpoint: str = ""
    image_service_endpoint: str = ""  # where images are pulled, if that is another socket
    pause_image: str = images.PAUSE_IMAGE
    snapshotter: str = "overlayfs"
    registries: Registries = field(default_factory=Registries)
    nonroot_devices: bool = False
    cni_config_dir: pathlib.Path | None = None  # default: <data_dir>/agent/etc/cni/net.d
    cni_bin_dir: pathlib.Path = pathlib.Path("/usr/lib/cni")
    max_pods: int = 110
    labels: dict[str, str] = field(default_factory=dict)
    taints: tuple[str, ...] = ()  # key=value:Effect, set at registration only
    provider_id: str = ""
    allowed_unsafe_sysctls: tuple[str, ...] = ()
    version: str = "v1.36.0+pyk3s"
    collection: CollectionSettings = field(default_factory=CollectionSettings)

    @property
    def agent_dir(self) -> pathlib.Path:
        return self.data_dir / "agent"

    @property
    def cni_dir(self) -> pathlib.Path:
        return self.cni_config_dir or self.agent_dir / "etc/cni/net.d"

    @property
    def pods_dir(self) -> pathlib.Path:
        return self.kubelet_dir / "pods"
