"""What a server leaves on a host, so that before and after can be compared.

Only what can be told apart from other tests at work on the same machine: what lies in the test's own network namespace
or below its folder, or names that folder.
"""

import json
import pathlib

import hosts


def of(host: hosts.Host, folder: pathlib.Path) -> dict[str, set[str]]:
    """Processes, mounts, files, links and nft tables."""
    return {
        "processes": set(processes(str(folder))),
        "mounts": {line.split()[1] for line in _lines("/proc/self/mounts") if str(folder) in line},
        "files": {str(path) for path in folder.rglob("*")},
        "links": {link["ifname"] for link in json.loads(host.run("ip", "-j", "link").stdout)},
        "tables": set(host.run("nft", "list", "tables").stdout.splitlines()),
    }


def processes(words: str) -> dict[str, int]:
    """Command lines that hold these words, with their process ids; zombies have none."""
    found = {}
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it ended meanwhile
        if words in line:
            found[line] = int(path.parent.name)
    return found


def cgroups(uids: set[str]) -> list[pathlib.Path]:
    """The groups of these pods."""
    root = pathlib.Path("/sys/fs/cgroup")
    return [path for uid in uids for name in (uid, uid.replace("-", "_")) for path in root.rglob(f"*pod{name}*")]


def _lines(path: str) -> list[str]:
    return pathlib.Path(path).read_text().splitlines()
