"""What a write brings along besides the object: who, when, and the options of the request."""

from dataclasses import dataclass
from typing import Any

import msgspec

from pyk3s.apiserver import identity


class Write(msgspec.Struct, eq=False):
    """One writing request. `now` is RFC 3339 in whole seconds; warnings are collected for the answer."""

    user: identity.User
    now: str
    manager: str = "unknown"
    dry_run: bool = False
    force: bool = False
    subresource: str = ""
    options: dict[str, Any] = {}
    warnings: list[str] = []
    annotations: dict[str, str] | None = None
    """For the audit log; None where nobody keeps one."""


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """metav1.DeleteOptions, checked."""

    grace: int | None = None
    propagation: str = ""
    orphan: bool | None = None
    uid: str = ""
    revision: str = ""
    dry_run: bool = False
