"""Control groups of versions 1 and 2: which driver fits this machine, and the parent group of each pod.

With the `cgroupfs` driver groups are folders made here. With `systemd` (a machine booted by systemd with version 2)
the runtime asks systemd for scopes inside a slice, and systemd makes and removes the slices; nothing is done here then.
"""

import contextlib
import errno
import pathlib
from dataclasses import dataclass

ROOT = pathlib.Path("/sys/fs/cgroup")
SYSTEMD_MARK = pathlib.Path("/run/systemd/system")
CPU_PERIOD_US = 100_000
SMALLEST_QUOTA_US = 1000
CONTROLLERS_V2 = ("cpu", "memory", "pids", "cpuset", "io")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a pod's group is given: relative CPU weight, CPU quota in µs per period (0: none), memory in bytes (0:
    none).
    """

    cpu_shares: int
    cpu_quota: int = 0
    memory: int = 0


@dataclass(frozen=True, slots=True)
class Groups:
    """The hierarchy of this machine."""

    unified: bool
    systemd: bool
    root: pathlib.Path = ROOT

    @property
    def driver(self) -> str:
        return "systemd" if self.systemd else "cgroupfs"

    def pod_parent(self, qos: str, uid: str) -> str:
        """The group in which a pod's containers live, in the form that the runtime expects from this driver."""
        middle = "" if qos == "Guaranteed" else qos.lower()
        if self.systemd:
            named = "-".join(part for part in ("kubepods", middle, f"pod{uid.replace('-', '_')}") if part)
            return f"{named}.slice"
        return "/" + "/".join(part for part in ("kubepods", middle, f"pod{uid}") if part)

    def make(self, group: str, limits: Limits) -> None:
        """Make a pod's group with its limits; raises OSError."""
        if self.systemd:
            return
        name = group.lstrip("/")
        if self.unified:
            folder = self.root / name
            folder.mkdir(parents=True, exist_ok=True)
            self._enable_controllers(folder)
            self._write_v2(folder, limits)
            return
        for controller in ("cpu", "memory"):  # the runtime makes the groups of the others
            (self.root / controller / name).mkdir(parents=True, exist_ok=True)
        self._write_v1(name, limits)

    def remove(self, group: str) -> None:
        """Remove a pod's group; one that is still in use (EBUSY) stays, to be tried again."""
        if self.systemd:
            return
        for folder in self._folders(group):
            for child in sorted(folder.glob("**/"), key=lambda path: len(path.parts), reverse=True):
                try:
                    child.rmdir()
                except FileNotFoundError:
                    continue
                except OSError as error:
                    if error.errno not in (errno.EBUSY, errno.ENOTEMPTY):
                        raise

    def _folders(self, group: str) -> list[pathlib.Path]:
        name = group.lstrip("/")
        if self.unified:
            return [self.root / name]
        # memory first: it is the one whose figures are read
        names = sorted((path.name for path in self.root.iterdir()), key=lambda each: each != "memory")
        return [self.root / controller / name for controller in names]

    def _write_v1(self, name: str, limits: Limits) -> None:
        _write(self.root / "cpu" / name / "cpu.shares", str(limits.cpu_shares))
        if limits.cpu_quota:
            _write(self.root / "cpu" / name / "cpu.cfs_period_us", str(CPU_PERIOD_US))
            _write(self.root / "cpu" / name / "cpu.cfs_quota_us", str(limits.cpu_quota))
        if limits.memory:
            _write(self.root / "memory" / name / "memory.limit_in_bytes", str(limits.memory))

    def _write_v2(self, folder: pathlib.Path, limits: Limits) -> None:
        _write(folder / "cpu.weight", str(weight_of(limits.cpu_shares)))
        _write(folder / "cpu.max", f"{limits.cpu_quota or 'max'} {CPU_PERIOD_US}")
        _write(folder / "memory.max", str(limits.memory or "max"))

    def _enable_controllers(self, folder: pathlib.Path) -> None:
        for parent in reversed([folder, *folder.parents]):
            if parent != folder and parent.is_relative_to(self.root):
                for controller in CONTROLLERS_V2:
                    with contextlib.suppress(OSError):  # a controller that the kernel does not offer is done without
                        (parent / "cgroup.subtree_control").write_text(f"+{controller}")


def detect(root: pathlib.Path = ROOT, systemd_mark: pathlib.Path = SYSTEMD_MARK) -> Groups:
    """The hierarchy of this machine: version 2 is where the root itself has cgroup.controllers."""
    unified = (root / "cgroup.controllers").exists()
    return Groups(unified=unified, systemd=unified and systemd_mark.is_dir(), root=root)


def weight_of(shares: int) -> int:
    """CPU shares of version 1 (2..262144) as a weight of version 2 (1..10000), as the runtimes convert them."""
    return 1 + (max(2, min(shares, 262144)) - 2) * 9999 // 262142


def _write(file: pathlib.Path, value: str) -> None:
    if file.exists():
        file.write_text(value)
