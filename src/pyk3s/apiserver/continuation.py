"""Continue tokens: where the next page of a list starts, and at which revision. Opaque to clients."""

import base64
import binascii
from typing import NamedTuple

import msgspec

from pyk3s.api import status

VERSION = "meta.k8s.io/v1"
NEWEST = -1
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
    try:
        data = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError) as error:
        raise _refused(str(error)) from None
    try:
        found = msgspec.json.decode(data, type=_Token)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _refused(_complaint(data)) from None
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


def _complaint(data: bytes) -> str:
    """Why bytes are no JSON value, as far as their first byte tells."""
    if not data:
        return "unexpected end of JSON input"
    first = chr(data[0]) if 32 <= data[0] < 127 else f"\\x{data[0]:02x}"
    return f"invalid character '{first}' looking for beginning of value"
