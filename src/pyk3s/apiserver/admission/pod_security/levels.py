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
    """What a namespace asks for."""

    enforce: Standard = Standard()
    warn: Standard = Standard()
    audit: Standard = Standard()
    errors: tuple[fields.FieldError, ...] = ()

    @property
    def is_privileged(self) -> bool:
        return self.enforce.level == PRIVILEGED == self.warn.level == self.audit.level


NOTHING = Policy()


def policy(labels: Mapping[str, str], default: Policy = NOTHING) -> Policy:
    """The policy in a namespace's labels, and what is wrong with them; `default` is for what they do not say."""
    errors: list[fields.FieldError] = []
    enforce = _standard(labels, "enforce", errors, default.enforce, unreadable=RESTRICTED)
    audit = _standard(labels, "audit", errors, default.audit, unreadable=PRIVILEGED)
    warn = _standard(labels, "warn", errors, default.warn, unreadable=PRIVILEGED)
    if f"{PREFIX}warn" not in labels and enforce.is_stricter(warn):
        version = warn.minor if f"{PREFIX}warn-version" in labels else enforce.minor
        warn = Standard(enforce.level, version)
    return Policy(enforce, warn, audit, tuple(errors))


def _standard(
    labels: Mapping[str, str], mode: str, errors: list[fields.FieldError], default: Standard, *, unreadable: str
) -> Standard:
    level, version = labels.get(f"{PREFIX}{mode}", default.level), labels.get(f"{PREFIX}{mode}-version")
    if level not in LEVELS:
        errors.append(fields.invalid(f"metadata.labels[{PREFIX}{mode}]", level, BAD_LEVEL))
        level = unreadable
    if version is None:
        return Standard(level, default.minor)
    minor = minor_of(version)
    if minor is None:
        errors.append(fields.invalid(f"metadata.labels[{PREFIX}{mode}-version]", version, BAD_VERSION))
    return Standard(level, LATEST if minor is None else minor)


def minor_of(version: str) -> int | None:
    """The minor release of `latest` or `v1.N`; None for anything else."""
    read = _version(version)
    return LATEST if version == "latest" else int(read.group(1)) if read else None
