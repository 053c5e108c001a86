"""Continue tokens: where the next page of a list starts, and at which revision. Opaque to clients."""

import base64
import string
from typing import NamedTuple

import msgspec

from pyk3s.api import decoding, status
from pyk3s.api.schema import explaining

VERSION = "meta.k8s.io/v1"
NEWEST = -1
_ALPHABET = frozenset(string.ascii_letters + string.digits + "-_")
EXPIRED = (
    "The provided continue parameter is too old to display a consistent list result. "
    "You can start a new list without the continue parameter, or use the continue token in this response to retrieve "
    "the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that "
    "were created, modified, or deleted between the time the first chunk was returned and now may show up in the list."
)


class Position(NamedTuple):
    """The first key of the next page, relative to what is listed, and the list's revision (NEWEST: as it is now)."""

    start: str
    revision: int


class _Token(msgspec.Struct):
    v: str = ""
    rv: int = 0
    start: str = ""


def encode(position: Position) -> str:
    """The token for a position."""
    data = msgspec.json.encode({"v": VERSION, "rv": position.revision, "start": position.start})
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(token: str) -> Position:
    """The position in a token; raises 400."""
    if (at := _corrupt(token)) is not None:
        raise _refused(f"illegal base64 data at input byte {at}")
    data = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    try:
        found = msgspec.json.decode(data, type=_Token)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _refused(_complaint(data, error)) from None
    if found.v != VERSION:
        raise _refused(f"server does not recognize this encoded version {found.v}")
    if not found.rv:
        raise _refused(f"incorrect encoded start resourceVersion (version {VERSION})")
    if not found.start:
        raise _refused(f"encoded start key empty (version {VERSION})")
    if not _is_clean(found.start.removeprefix("/")):
        raise _refused(found.start)
    return Position(found.start.removeprefix("/"), found.rv)


def _is_clean(path: str) -> bool:
    """Whether no step of a path is empty or leads elsewhere, so that it stays within its list."""
    return not any(step in ("", ".", "..") for step in path.split("/"))


def expired(start: str) -> status.StatusError:
    """410, with a token that continues without consistency."""
    error = status.gone(EXPIRED)
    error.metadata = {"continue": encode(Position(start, NEWEST))}
    return error


def _refused(why: str) -> status.StatusError:
    return status.bad_request(f"invalid continue token: continue key is not valid: {why}")


def _corrupt(token: str) -> int | None:
    """Where a token stops being base64 without padding."""
    for index, character in enumerate(token):
        if character not in _ALPHABET:
            return len(token[:index].encode())
    return len(token) - 1 if len(token) % 4 == 1 else None


def _complaint(data: bytes, error: Exception) -> str:
    """What upstream's decoder says of bytes that are no token."""
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return decoding.json_error(data, error)
    if value is None:
        return "server does not recognize this encoded version "
    return f"json: cannot unmarshal {explaining.shown_kind(value)} into Go value of type storage.continueToken"
