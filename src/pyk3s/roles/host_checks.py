"""Whether this host can run a node, for `k3s check-config`: what is needed, what is optional, what is in the way.

`look` reads the machine into facts, `findings` judges them; the latter is pure. Needed is what this product uses:
nftables and a bridge, not iptables' kernel parts or IPVS.
"""

import pathlib
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from pyk3s.config.values import Network
from pyk3s.host import cgroups, kernel, sysctl
from pyk3s.lib.failure import Failure
from pyk3s.network import cni
from pyk3s.roles import hosting, preflight

NEEDED = (
    *("NAMESPACES", "NET_NS", "PID_NS", "IPC_NS", "UTS_NS", "CGROUPS", "CPUSETS", "MEMCG", "KEYS"),
    *("CGROUP_DEVICE", "CGROUP_FREEZER", "CGROUP_CPUACCT", "CGROUP_SCHED", "POSIX_MQUEUE", "SECCOMP"),
    *("VETH", "BRIDGE", "NF_CONNTRACK", "NF_TABLES", "NFT_CT", "NFT_NAT", "NFT_MASQ", "NF_NAT"),
)
OPTIONAL: Mapping[str, str] = {
    "USER_NS": "user namespaces of pods",
    "SECCOMP_FILTER": "seccomp profiles",
    "CGROUP_PIDS": "limits of processes",
    "CFS_BANDWIDTH": "limits of CPU time",
    "CGROUP_HUGETLB": "huge pages",
    "OVERLAY_FS": "the overlayfs snapshotter; layers are copied without it",
    "BRIDGE_NETFILTER": "services between pods of one node by their cluster address",
    "VXLAN": "the pod network between nodes",
    "WIREGUARD": "an encrypted pod network",
    "SECURITY_APPARMOR": "AppArmor profiles",
}
CONTROLLERS = ("cpu", "cpuset", "memory")
LEAST_KEYS = 10_000


class Verdict(Enum):
    """What a finding means; FAIL counts."""

    GOOD = "good"
    NOTE = "note"
    WARNING = "warning"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, under which heading, what was found, and what that means."""

    section: str
    subject: str
    found: str
    verdict: Verdict


@dataclass(frozen=True)
class Facts:
    """The machine as it was read. `options` is None where the kernel's configuration is not kept."""

    release: str
    options: Mapping[str, str] | None
    controllers: frozenset[str]
    unified: bool
    programs: Mapping[str, bool]
    plugins: str  # empty, or why they cannot be used
    routes: Sequence[kernel.Route]
    swaps: Sequence[str]
    most_keys: int


def look(config: pathlib.Path | None) -> Facts:
    """Read this machine; `config` is the kernel configuration to judge, where it is another than the usual one."""
    path = config or kernel.config_file()
    try:
        options = kernel.options(path) if path else None
    except (OSError, EOFError) as error:
        raise Failure(f"cannot read the kernel configuration {path}", remedy=str(error)) from error
    groups = cgroups.detect()
    return Facts(
        release=platform.release(),
        options=options,
        controllers=_controllers(groups),
        unified=groups.unified,
        programs={name: preflight.find_program(name) is not None for name in (*hosting.PROGRAMS, "catatonit")},
        plugins=_plugins(),
        routes=kernel.routes(kernel.ROUTES.read_text()) if kernel.ROUTES.exists() else (),
        swaps=kernel.swaps(kernel.SWAPS.read_text()) if kernel.SWAPS.exists() else (),
        most_keys=int(sysctl.read("kernel/keys/root_maxkeys") or 0),
    )


def _controllers(groups: cgroups.Groups) -> frozenset[str]:
    if groups.unified:
        return frozenset((groups.root / "cgroup.controllers").read_text().split())
    if not groups.root.is_dir():
        return frozenset()
    return frozenset(part for path in groups.root.iterdir() if path.is_dir() for part in path.name.split(","))


def _plugins() -> str:
    try:
        preflight.plugin_folder()
    except Failure as failure:
        return str(failure)
    return ""


def findings(facts: Facts, networks: Sequence[Network]) -> list[Finding]:
    """What is to be said of a machine on which pods and services shall use these networks."""
    return [*_system(facts, networks), *_groups(facts), *_kernel(facts)]


def _system(facts: Facts, networks: Sequence[Network]) -> Iterator[Finding]:
    section = "System"
    for name, there in facts.programs.items():
        remedy = f"missing: apt-get install {preflight.PACKAGES[name]}"
        yield Finding(section, name, "found" if there else remedy, Verdict.GOOD if there else Verdict.FAIL)
    yield Finding(section, "CNI plugins", facts.plugins or "found", Verdict.FAIL if facts.plugins else Verdict.GOOD)
    swapped = f"on ({', '.join(facts.swaps)}): pods get slow before they are moved" if facts.swaps else "off"
    yield Finding(section, "swap", swapped, Verdict.WARNING if facts.swaps else Verdict.GOOD)
    for network in networks:
        clash = next((each for each in facts.routes if _clashes(each, network)), None)
        told = f"{clash.network} leads to {clash.interface}: choose another network" if clash else "free"
        yield Finding(section, f"network {network}", told, Verdict.FAIL if clash else Verdict.GOOD)
    few = facts.most_keys < LEAST_KEYS
    told = f"{facts.most_keys}{f', should be above {LEAST_KEYS}' if few else ''}"
    yield Finding(section, "kernel.keys.root_maxkeys", told, Verdict.WARNING if few else Verdict.GOOD)


def _clashes(route: kernel.Route, network: Network) -> bool:
    return route.interface != cni.BRIDGE and network.version == 4 and route.network.overlaps(network)


def _groups(facts: Facts) -> Iterator[Finding]:
    section = "Control groups"
    yield Finding(section, "version", "2" if facts.unified else "1", Verdict.GOOD)
    for name in CONTROLLERS:
        there = name in facts.controllers
        yield Finding(section, name, "enabled" if there else "missing", Verdict.GOOD if there else Verdict.FAIL)
    there = "pids" in facts.controllers
    yield Finding(section, "pids", "enabled" if there else "missing", Verdict.GOOD if there else Verdict.WARNING)


def _kernel(facts: Facts) -> Iterator[Finding]:
    needed, optional = f"Kernel {facts.release}, needed", "Kernel, optional"
    if facts.options is None:
        yield Finding(needed, "configuration", "this system does not keep it: nothing to judge", Verdict.WARNING)
        return
    for name in NEEDED:
        value = facts.options.get(name)
        yield Finding(needed, f"CONFIG_{name}", _shown(value), Verdict.GOOD if value else Verdict.FAIL)
    for name, purpose in OPTIONAL.items():
        value = facts.options.get(name)
        told = _shown(value) if value else f"missing: {purpose}"
        yield Finding(optional, f"CONFIG_{name}", told, Verdict.GOOD if value else Verdict.NOTE)


def _shown(value: str | None) -> str:
    return {"y": "enabled", "m": "enabled (as module)"}.get(value or "", "missing")
