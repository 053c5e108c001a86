"""Memory, idle CPU and disk writes of a server's processes, read from outside: no agent in them, nothing asked.

Usage: footprint.py PID [--seconds 60]      PID is the supervisor's

Prints one line per process: proportional set size (PSS) and resident set size in MiB, share of one core over the
seconds, and bytes written to disk; then the sums. containerd and its shims are listed but not summed.
"""

import argparse
import dataclasses
import pathlib
import time

MIB = 1 << 20
RUNTIME = ("containerd", "containerd-shim")


@dataclasses.dataclass(frozen=True)
class Reading:
    """One process at one moment. CPU in seconds since its start, memory and writes in bytes."""

    pid: int
    name: str
    pss: int
    rss: int
    cpu_s: float
    written: int

    @property
    def own(self) -> bool:
        return not self.name.startswith(RUNTIME)


def descendants(pid: int) -> list[int]:
    """The process and everything below it."""
    parents: dict[int, list[int]] = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except FileNotFoundError:
            continue
        parents.setdefault(parent, []).append(int(stat.parent.name))
    found, rest = [], [pid]
    while rest:
        found.append(rest.pop(0))
        rest += parents.get(found[-1], [])
    return found


def read(pid: int) -> Reading:
    """What /proc says of a process now."""
    folder = pathlib.Path(f"/proc/{pid}")
    rollup = _numbers(folder / "smaps_rollup")
    return Reading(
        pid=pid,
        name=(folder / "comm").read_text().strip(),
        pss=rollup["Pss"] * 1024,
        rss=rollup["Rss"] * 1024,
        cpu_s=time.clock_gettime(_cpu_clock(pid)),
        written=_numbers(folder / "io")["write_bytes"],
    )


def _cpu_clock(pid: int) -> int:
    """The clock of a process' CPU time: nanoseconds, where /proc counts ticks and so misses short wake-ups.

    The number is Linux's encoding: the complement of the process id, and the bits for scheduler time.
    """
    return ~pid << 3 | 2


def _numbers(path: pathlib.Path) -> dict[str, int]:
    rows = (line.partition(":") for line in path.read_text().splitlines())
    return {name: int(rest.split()[0]) for name, _, rest in rows if rest.split() and rest.split()[0].isdigit()}


def measure(pid: int, seconds: float) -> list[tuple[Reading, float, int]]:
    """Per process that lived through it: the reading at the end, CPU as a share of a core, bytes written meanwhile."""
    before = {each: read(each) for each in descendants(pid)}
    time.sleep(seconds)
    after = [read(each) for each in descendants(pid) if each in before]
    return [
        (end, (end.cpu_s - before[end.pid].cpu_s) / seconds, end.written - before[end.pid].written) for end in after
    ]


def report(rows: list[tuple[Reading, float, int]]) -> list[str]:
    """The lines to print."""
    own = [row for row in rows if row[0].own]
    lines = [_line(reading.name, reading.pss, reading.rss, share, written) for reading, share, written in rows]
    sums = (sum(row[0].pss for row in own), sum(row[0].rss for row in own), sum(row[1] for row in own))
    return [*lines, _line("own processes", *sums, sum(row[2] for row in own))]


def _line(name: str, pss: int, rss: int, share: float, written: int) -> str:
    memory = f"PSS {pss / MIB:7.1f} MiB  RSS {rss / MIB:7.1f} MiB"
    return f"{name:18} {memory}  CPU {share:7.2%}  wrote {written / 1024:8.0f} KiB"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("pid", type=int)
    options.add_argument("--seconds", type=float, default=60)
    args = options.parse_args()
    print("\n".join(report(measure(args.pid, args.seconds))))


if __name__ == "__main__":
    main()
