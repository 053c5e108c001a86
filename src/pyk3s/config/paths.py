"""Where things lie: the layout of K3s' data directory and run directory."""

import pathlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Paths:
    """The data directory (`/var/lib/rancher/k3s`) and the run directory (`/run/k3s`) of one installation."""

    data: pathlib.Path
    run: pathlib.Path

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
    def manifests(self) -> pathlib.Path:
        return self.server / "manifests"

    @property
    def agent(self) -> pathlib.Path:
        return self.data / "agent"

    @property
    def images(self) -> pathlib.Path:
        return self.agent / "images"


RUN_DIR = pathlib.Path("/run/k3s")


def paths(data_dir: str, default_data_dir: str) -> Paths:
    """The run directory is shared state of one host: a second data directory gets a run directory inside it."""
    data = pathlib.Path(data_dir).absolute()
    return Paths(data, RUN_DIR if data == pathlib.Path(default_data_dir) else data / "run")
