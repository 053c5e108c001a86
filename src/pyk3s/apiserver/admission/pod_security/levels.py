"""Which standard in which version a namespace asks for, as its labels say.

A level that cannot be read counts as restricted where it is enforced, as privileged where it only warns.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from pyk3s.api import fields

PREFIX = "pod-security.kubernetes.io/"
PRIVILEGED, BASELINE, RESTRICTED = LEVELS = ("privileged", "baseline", "restricted")
LATEST = 1 << 30
BAD_LEVEL = f"must be one of {', '.join(LEVELS)}"
BAD_VERSION = 'must be "latest" or "v1.x"'
_version = re.compile(r"v1\.(0|[1-9][0-9]*)").fullmatch


class Standard(NamedTuple):
    """A level in the version of one minor release."""

    level: str = PRIVILEGED
    minor: int = LATEST

    def __str__(self) -> str:
        return f"{self.level}:{'latest' if self.minor == LATEST else f'v1.{self.minor}'}"

    def is_stricter(self, than: "Standard") -> bool:
        return LEVELS.index(self.level) > LEVELS.index(than.level)


class Policy(NamedTuple):
    """What a namespace asks for. Auditing is not kept: there is no audit log that it could go to."""

    enforce: Standard = Standard()
    warn: Standard = Standard()
    errors: tuple[fields.FieldError, ...] = ()

    @property
    def is_privileged(self) -> bool:
        return self.enforce.level == PRIVILEGED == self.warn.level


def policy(labels: Mapping[str, str]) -> Policy:
    """The policy in a namespace's labels, and what is wrong with them."""
    errors: list[fields.FieldError] = []
    enforce = _standard(labels, "enforce", errors, unreadable=RESTRICTED)
    _standard(labels, "audit", errors, unreadable=PRIVILEGED)
    warn = _standard(labels, "warn", errors, unreadable=PRIVILEGED)
    if f"{PREFIX}warn" not in labels and enforce.is_stricter(warn):
        version = warn.minor if f"{PREFIX}warn-version" in labels else enforce.minor
        warn = Standard(enforce.level, version)
    return Policy(enforce, warn, tuple(errors))


def _standard(labels: Mapping[str, str], mode: str, errors: list[fields.FieldError], *, unreadable: str) -> Standard:
    level, version = labels.get(f"{PREFIX}{mode}", PRIVILEGED), labels.get(f"{PREFIX}{mode}-version", "latest")
    if level not in LEVELS:
        errors.append(fields.invalid(f"metadata.labels[{PREFIX}{mode}]", level, BAD_LEVEL))
        level = unreadable
    read = _version(version)
    if version != "latest" and read is None:
        errors.append(fields.invalid(f"metadata.labels[{PREFIX}{mode}-version]", version, BAD_VERSION))
    return Standard(level, int(read.group(1)) if read else LATEST)
