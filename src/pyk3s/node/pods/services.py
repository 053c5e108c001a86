"""What every pod's worker shares: the runtime, the API, the machine, and the settings of the node."""

import pathlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pyk3s.client import rest
from pyk3s.cri import runtime
from pyk3s.host import cgroups
from pyk3s.lib import clock, tasks
from pyk3s.node import objects
from pyk3s.node.containers.naming import ClusterNames
from pyk3s.node.containers.pulling import Images
from pyk3s.node.pods.observer import Observer
from pyk3s.node.pods.telling import Teller
from pyk3s.node.settings import NodeSettings
from pyk3s.node.volumes.manager import Volumes


@dataclass(frozen=True, slots=True)
class NodeServices:
    """Shared by all workers of one node."""

    settings: NodeSettings
    client: rest.Client
    cri: runtime.Runtime
    observer: Observer
    volumes: Volumes
    images: Images
    teller: Teller
    groups: cgroups.Groups
    time: clock.Clock
    tasks: tasks.TaskOwner
    names: Callable[[], ClusterNames]
    services: Callable[[], Iterable[objects.Service]]
    allocatable: Mapping[str, str]
    host_ips: tuple[str, ...]
    hostname: str
    machine_memory: int

    @property
    def seccomp_root(self) -> pathlib.Path:
        return self.settings.kubelet_dir / "seccomp"
