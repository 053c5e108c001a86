"""Answers of the API server that are not a success, as exceptions."""

import contextlib
from collections.abc import Iterator
from typing import Any

import msgspec


class ApiError(Exception):
    """A request that the API server refused: HTTP code, and reason, message and details of its Status."""

    def __init__(self, code: int, reason: str, message: str, details: dict[str, Any] | None = None):
        super().__init__(f"{code} {reason}: {message}" if reason else f"{code}: {message}")
        self.code, self.reason, self.message, self.details = code, reason, message, details or {}

    @property
    def not_found(self) -> bool:
        return self.code == 404

    @property
    def conflict(self) -> bool:
        """The object changed since it was read, or a precondition did not hold."""
        return self.code == 409 and self.reason != "AlreadyExists"

    @property
    def already_exists(self) -> bool:
        return self.code == 409 and self.reason == "AlreadyExists"

    @property
    def gone(self) -> bool:
        """The resource version asked for has been compacted: list again."""
        return self.code == 410

    @property
    def namespace_terminating(self) -> bool:
        """Nothing can be created because the namespace is being deleted."""
        causes = self.details.get("causes") or []
        return self.code == 403 and any(cause.get("reason") == "NamespaceTerminating" for cause in causes)


@contextlib.contextmanager
def gone_is_fine(*, changed: bool = False) -> Iterator[None]:
    """Around a write that is pointless once its object is gone, or, with `changed`, is another than was looked at."""
    try:
        yield
    except ApiError as error:
        if not (error.not_found or (changed and error.conflict)):
            raise


class WatchEnded(Exception):
    """A watch broke off; carry on from the last resource version seen."""


def from_body(code: int, body: bytes) -> ApiError:
    """The error in an HTTP answer: a Status where the body is one, else its text."""
    try:
        status = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        status = None
    if not isinstance(status, dict) or ("message" not in status and "reason" not in status):
        return ApiError(code, "", body[:400].decode("utf-8", "replace"))
    return ApiError(code, status.get("reason", ""), status.get("message", ""), status.get("details"))
