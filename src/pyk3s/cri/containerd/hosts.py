"""Writes containerd's folder of registries: one `hosts.toml` each. What people put there themselves is left alone."""

import pathlib
from collections.abc import Mapping

from pyk3s.cri.containerd.registries import HEADER
from pyk3s.lib import files

FILE = "hosts.toml"


def write(folder: pathlib.Path, wanted: Mapping[str, str]) -> None:
    """Make the folder hold what is wanted: registries that an earlier start wrote and nobody wants any more go."""
    for path in folder.glob(f"*/{FILE}"):
        if path.parent.name not in wanted and path.read_text(errors="replace").startswith(HEADER):
            path.unlink()
            if not any(path.parent.iterdir()):
                path.parent.rmdir()
    for name, text in wanted.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        files.write_atomic(folder / name / FILE, text.encode())
