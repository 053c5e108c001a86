"""What the audit log needs to be told, and how it is opened at start."""

import pathlib
from dataclasses import dataclass, field

from pyk3s.apiserver import documents
from pyk3s.apiserver.audit import auditing, files
from pyk3s.apiserver.audit import policy as policies
from pyk3s.lib import clock as clocks
from pyk3s.lib.failure import Failure

STANDARD_OUTPUT = "-"


@dataclass(frozen=True, kw_only=True)
class AuditSettings:
    """An audit log by policy into a file, or to standard output where the path is `-`."""

    policy_file: pathlib.Path
    log_path: str
    rotation: files.Rotation = field(default_factory=files.Rotation)
    mode: str = auditing.BLOCKING


def open_auditor(settings: AuditSettings, clock: clocks.Clock) -> auditing.Auditor:
    """An auditor that is ready to write; raises Failure for a policy that cannot be used or a log that cannot."""
    document = documents.read(settings.policy_file, "audit-policy-file")
    try:
        policy = policies.policy(document)
    except policies.BadPolicy as error:
        raise Failure(f"audit-policy-file {settings.policy_file} cannot be used", remedy=str(error)) from error
    try:
        return auditing.Auditor(policy, _sink(settings, clock), clock, settings.mode)
    except OSError as error:
        raise Failure(
            f"cannot write audit-log-path {settings.log_path}", remedy=error.strerror or str(error)
        ) from error


def _sink(settings: AuditSettings, clock: clocks.Clock) -> auditing.Sink:
    if settings.log_path == STANDARD_OUTPUT:
        return files.StandardOutput()
    return files.LogFile(pathlib.Path(settings.log_path), settings.rotation, clock.time)
