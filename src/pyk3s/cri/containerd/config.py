"""The text of containerd's configuration (version 2, read by containerd 1.6 up to 2.x). Pure; detection is in
`detect`.
"""

import json
import pathlib
from dataclasses import dataclass, field

from pyk3s.cri.containerd.registries import Registries
from pyk3s.host import cgroups, machine

CAP_SYS_RESOURCE = 24
APPARMOR_SWITCH = pathlib.Path("/sys/module/apparmor/parameters/enabled")
REGISTRY = 'plugins."io.containerd.grpc.v1.cri".registry'
TEMPLATE = """\
# Written by k3s at every start; changes are lost.
version = 2
root = {root}
state = {state}

[grpc]
  address = {address}

[debug]
  level = "warn"

[plugins."io.containerd.internal.v1.opt"]
  path = {opt}

[plugins."io.containerd.grpc.v1.cri"]
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  stream_idle_timeout = "4h0m0s"
  sandbox_image = {pause_image}
  enable_selinux = false
  disable_apparmor = {disable_apparmor}
  restrict_oom_score_adj = {restrict_oom_score}
  device_ownership_from_security_context = {nonroot_devices}
  enable_unprivileged_ports = true
  enable_unprivileged_icmp = true
  max_container_log_line_size = 16384

[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = {snapshotter}
  default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = {systemd_cgroup}

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = {cni_bin}
  conf_dir = {cni_config}

[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = {registries}
"""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where one containerd keeps its things."""

    agent_dir: pathlib.Path
    run_dir: pathlib.Path
    cni_config_dir: pathlib.Path
    cni_bin_dir: pathlib.Path

    @property
    def config(self) -> pathlib.Path:
        return self.agent_dir / "etc/containerd/config.toml"

    @property
    def registries(self) -> pathlib.Path:
        """A folder per registry with its hosts.toml."""
        return self.agent_dir / "etc/containerd/certs.d"

    @property
    def root(self) -> pathlib.Path:
        return self.agent_dir / "containerd"

    @property
    def state(self) -> pathlib.Path:
        return self.run_dir / "containerd"

    @property
    def socket(self) -> pathlib.Path:
        return self.state / "containerd.sock"

    @property
    def log(self) -> pathlib.Path:
        return self.root / "containerd.log"

    @property
    def images(self) -> pathlib.Path:
        """Archives to import at every start."""
        return self.agent_dir / "images"


@dataclass(frozen=True, slots=True)
class Abilities:
    """What this machine allows containerd to do."""

    systemd_cgroup: bool
    restrict_oom_score: bool
    apparmor: bool
    snapshotter: str


@dataclass(frozen=True, slots=True)
class Options:
    """What is wished of containerd. `nonroot_devices`: devices belong to the user and group of a pod's context."""

    pause_image: str
    registries: Registries = field(default_factory=Registries)
    nonroot_devices: bool = False


def detect(groups: cgroups.Groups, wanted_snapshotter: str) -> Abilities:
    """Without CAP_SYS_RESOURCE no process may be made less likely to be killed; without overlayfs layers are copied."""
    overlay = machine.supports_filesystem("overlay")
    return Abilities(
        systemd_cgroup=groups.systemd,
        restrict_oom_score=not machine.has_capability(CAP_SYS_RESOURCE),
        apparmor=APPARMOR_SWITCH.exists() and APPARMOR_SWITCH.read_text().startswith("Y"),
        snapshotter="native" if wanted_snapshotter == "overlayfs" and not overlay else wanted_snapshotter,
    )


def render(layout: Layout, abilities: Abilities, options: Options) -> str:
    """The configuration file."""
    return _common(layout, abilities, options) + "".join(
        f"\n[{REGISTRY}.configs.{_text(host)}.auth]\n" + "".join(f"  {key} = {_text(given[key])}\n" for key in given)
        for host, given in options.registries.credentials.items()
    )


def _common(layout: Layout, abilities: Abilities, options: Options) -> str:
    return TEMPLATE.format(
        root=_text(layout.root),
        state=_text(layout.state),
        address=_text(layout.socket),
        opt=_text(layout.root / "opt"),
        pause_image=_text(options.pause_image),
        nonroot_devices=_switch(options.nonroot_devices),
        disable_apparmor=_switch(not abilities.apparmor),
        restrict_oom_score=_switch(abilities.restrict_oom_score),
        snapshotter=_text(abilities.snapshotter),
        systemd_cgroup=_switch(abilities.systemd_cgroup),
        cni_bin=_text(layout.cni_bin_dir),
        cni_config=_text(layout.cni_config_dir),
        registries=_text(layout.registries),
    )


def _text(value: object) -> str:
    return json.dumps(str(value))  # a JSON string is a TOML basic string


def _switch(value: bool) -> str:
    return "true" if value else "false"
