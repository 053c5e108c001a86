"""What makes a node the same one again: its password, and the id that may be part of its name. K3s keeps both in
/etc/rancher/node, where they outlive an uninstall.
"""

import dataclasses
import pathlib
import secrets
from typing import TypeVar

from pyk3s.config.settings import HostSettings
from pyk3s.lib import files
from pyk3s.lib.failure import Failure

ID_BYTES, PASSWORD_BYTES = 4, 16
S = TypeVar("S", bound=HostSettings)


def password(folder: pathlib.Path) -> str:
    """The node's password, made at the first call. Raises Failure."""
    return _kept(folder / "password", PASSWORD_BYTES)


def named(settings: S) -> S:
    """With the id of this host at the end of the node's name, where that is wanted. Raises Failure."""
    if not settings.with_node_id:
        return settings
    name = f"{settings.node_name}-{_kept(settings.paths.node_identity / 'id', ID_BYTES)}"
    return dataclasses.replace(settings, node_name=name)


def _kept(path: pathlib.Path, size: int) -> str:
    try:
        if path.exists() and (text := path.read_text().strip()):
            path.chmod(0o600)
            return text
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        made = secrets.token_hex(size)
        files.write_atomic(path, f"{made}\n".encode(), 0o600)
    except OSError as error:
        raise Failure(f"cannot keep {path}", remedy=error.strerror or str(error)) from error
    return made
