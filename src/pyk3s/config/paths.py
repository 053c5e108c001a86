"""Where things lie: the layout of K3s' data directory and of what goes with it elsewhere on the host."""

import pathlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Paths:
    """One installation: data (`/var/lib/rancher/k3s`), what is gone after a reboot, kubelet state, logs of pods."""

    data: pathlib.Path
    run: pathlib.Path
    kubelet: pathlib.Path
    pod_logs: pathlib.Path
    node_identity: pathlib.Path  # K3s' /etc/rancher/node: survives an uninstall, so that the node can come back

    @property
    def server(self) -> pathlib.Path:
        return self.data / "server"

    @property
    def tls(self) -> pathlib.Path:
        return self.server / "tls"

    @property
    def database(self) -> pathlib.Path:
        return self.server / "db" / "state.db"

    @property
    def agent(self) -> pathlib.Path:
        return self.data / "agent"


RUN_DIR = pathlib.Path("/run/k3s")
NODE_IDENTITY = pathlib.Path("/etc/rancher/node")


def paths(data_dir: str, default_data_dir: str) -> Paths:
    """The usual places; an installation with another data directory keeps everything inside that one, so that several
    fit on one host.
    """
    data = pathlib.Path(data_dir).absolute()
    if data == pathlib.Path(default_data_dir):
        return Paths(data, RUN_DIR, pathlib.Path("/var/lib/kubelet"), pathlib.Path("/var/log/pods"), NODE_IDENTITY)
    return Paths(data, data / "run", data / "agent/kubelet", data / "agent/pod-logs", data / "agent/node")
