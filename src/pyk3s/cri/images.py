"""Container images made on this machine: a file tree of a few programs packed as an archive that every runtime imports.

The first pod of a cluster needs a sandbox ("pause") image, and a site without a registry has nowhere to pull it from.
`catatonit -P` only waits and reaps, which is all a sandbox does. Archives are in the layout of `docker save` (one
layer, manifest.json) and reproducible: the same files give the same bytes, so that importing again changes nothing.
"""

import hashlib
import io
import json
import pathlib
import platform
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyk3s.lib import failure

if TYPE_CHECKING:
    import tarfile

PAUSE_IMAGE = "docker.io/pyk3s/pause:1"
PAUSE_PROGRAM = "catatonit"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "riscv64": "riscv64"}


@dataclass(frozen=True, slots=True)
class Recipe:
    """An image: its name, files by absolute path, symbolic links, and what it runs."""

    name: str
    files: Mapping[str, bytes]
    entrypoint: Sequence[str]
    command: Sequence[str] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    folders: Sequence[str] = ()
    user: str = ""
    environment: Sequence[str] = ("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",)


def pause_recipe(name: str = PAUSE_IMAGE, program: str = PAUSE_PROGRAM) -> Recipe:
    """The sandbox image. The program, found on the path, must be static, as Debian's is; raises Failure where it
    is absent.
    """
    found = shutil.which(program)
    if not found:
        raise failure.Failure(
            f"{program} is needed for the pause image", remedy="install catatonit or set --pause-image"
        )
    content = pathlib.Path(found).read_bytes()
    return Recipe(name, {"/pause": content}, entrypoint=("/pause", "-P"), user="65535:65535")


def archive(recipe: Recipe) -> bytes:
    """The image as a tar archive to hand to an importer."""
    import tarfile  # 0.6 MB that a resident process needs once in its life

    layer = _layer(recipe)
    config = json.dumps(_config(recipe, layer), sort_keys=True).encode()
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    layer_name = f"{hashlib.sha256(layer).hexdigest()}/layer.tar"
    manifest = [{"Config": config_name, "RepoTags": [recipe.name], "Layers": [layer_name]}]
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        _add_file(tar, config_name, config, 0o644)
        _add_file(tar, layer_name, layer, 0o644)
        _add_file(tar, "manifest.json", json.dumps(manifest).encode(), 0o644)
    return out.getvalue()


def architecture() -> str:
    """This machine's architecture as images and nodes name it."""
    machine = platform.machine()
    return ARCHITECTURES.get(machine, machine)


def _config(recipe: Recipe, layer: bytes) -> dict[str, object]:
    run = {
        "Entrypoint": list(recipe.entrypoint),
        "Cmd": list(recipe.command),
        "Env": list(recipe.environment),
        "User": recipe.user,
    }
    return {
        "architecture": architecture(),
        "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": run,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }


def _layer(recipe: Recipe) -> bytes:
    import tarfile

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for folder in _folders(recipe):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            tar.addfile(entry)
        for path, content in sorted(recipe.files.items()):
            _add_file(tar, path.lstrip("/"), content, 0o755 if content[:4] == b"\x7fELF" else 0o644)
        for path, target in sorted(recipe.links.items()):
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            tar.addfile(entry)
    return out.getvalue()


def _folders(recipe: Recipe) -> list[str]:
    """Every folder the files need, parents first."""
    wanted = {folder.strip("/") for folder in recipe.folders}
    for path in (*recipe.files, *recipe.links, *recipe.folders):
        wanted.update(str(parent).lstrip("/") for parent in pathlib.PurePosixPath(path).parents)
    return sorted(wanted - {"", "."})


def _add_file(tar: "tarfile.TarFile", name: str, content: bytes, mode: int) -> None:
    import tarfile

    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    tar.addfile(entry, io.BytesIO(content))
