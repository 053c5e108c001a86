"""Folders and mounts behind volumes: emptyDir, hostPath, and the file systems in memory under volumes with secrets."""

import os
import pathlib
import stat

from pyk3s.api import quantity
from pyk3s.host import mounts
from pyk3s.node.objects import JSON
from pyk3s.node.volumes.payloads import NotReady

PLUGINS = {
    "emptyDir": "kubernetes.io~empty-dir",
    "configMap": "kubernetes.io~configmap",
    "secret": "kubernetes.io~secret",
    "downwardAPI": "kubernetes.io~downward-api",
    "projected": "kubernetes.io~projected",
    "hostPath": "kubernetes.io~host-path",
}
IN_MEMORY = ("secret", "projected", "downwardAPI")


def kind_of(volume: JSON) -> str:
    """Which source a volume has; raises NotReady for one that this node does not have."""
    for name in PLUGINS:
        if name in volume:
            return name
    told = next((key for key in volume if key != "name"), "emptyDir")
    if told == "emptyDir":
        return told
    raise NotReady(f"volume {volume['name']}: {told} volumes are not supported by this node")


def path_of(pod_dir: pathlib.Path, volume: JSON) -> pathlib.Path:
    """Where a volume stands on this node."""
    kind = kind_of(volume)
    if kind == "hostPath":
        return pathlib.Path(volume["hostPath"]["path"])
    return pod_dir / "volumes" / PLUGINS[kind] / str(volume["name"])


def make_folder(path: pathlib.Path, volume: JSON, group: int | None) -> None:
    """The folder of a volume that the node makes, in memory where its content must not reach a disk."""
    kind = kind_of(volume)
    fresh = not path.is_dir()
    path.mkdir(parents=True, exist_ok=True)
    medium = (volume.get("emptyDir") or {}).get("medium", "")
    if medium not in ("", "Memory"):
        raise NotReady(f"volume {volume['name']}: medium {medium} is not supported by this node")
    if (kind in IN_MEMORY or medium == "Memory") and not mounts.is_mounted(path):
        mounts.mount_tmpfs(path, size_bytes=_size(volume))
        fresh = True
    if kind == "emptyDir" and fresh:
        path.chmod(0o777)
    if kind == "emptyDir" and group is not None:
        own_by_group(path, group)


def _size(volume: JSON) -> int | None:
    told = (volume.get("emptyDir") or {}).get("sizeLimit")
    return quantity.parse(str(told)).value if told else None


def own_by_group(folder: pathlib.Path, group: int) -> None:
    """Let `group` read and write everything below `folder`, and own what is made there."""
    if folder.stat().st_gid == group and folder.stat().st_mode & stat.S_ISGID:
        return  # done before: the check of the top is what fsGroupChangePolicy OnRootMismatch does
    for path, folders, files in os.walk(folder):
        base = pathlib.Path(path)
        for name in files:
            _share(base / name, group, 0o660)
        for name in folders:
            _share(base / name, group, 0o770 | stat.S_ISGID)
    _share(folder, group, 0o770 | stat.S_ISGID)


def _share(path: pathlib.Path, group: int, bits: int) -> None:
    if path.is_symlink():
        return
    os.chown(path, -1, group)
    path.chmod(stat.S_IMODE(path.stat().st_mode) | bits)


def check_host_path(volume: JSON) -> None:
    """Make or check what hostPath's type asks for; raises NotReady in words."""
    path, kind = pathlib.Path(volume["hostPath"]["path"]), volume["hostPath"].get("type") or ""
    if kind == "DirectoryOrCreate":
        path.mkdir(mode=0o755, parents=True, exist_ok=True)
    elif kind == "FileOrCreate" and not path.exists():
        path.touch(mode=0o644)
    tests = {
        "Directory": (path.is_dir, "a directory"),
        "DirectoryOrCreate": (path.is_dir, "a directory"),
        "File": (path.is_file, "a file"),
        "FileOrCreate": (path.is_file, "a file"),
        "Socket": (path.is_socket, "a socket file"),
        "CharDevice": (path.is_char_device, "a character device"),
        "BlockDevice": (path.is_block_device, "a block device"),
    }
    if kind in tests and not tests[kind][0]():
        raise NotReady(f"hostPath type check failed: {path} is not {tests[kind][1]}")
