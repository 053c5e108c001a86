"""CRI v1 messages to and from plain dicts. Which fields exist is data (`fields.json`: number, name, type); enums are
their numbers.

Only the messages of the calls that `runtime` makes are listed, without the fields for Windows.
"""

import functools
import importlib.resources
import json
from typing import Any

from pyk3s.lib import protobuf


@functools.cache
def _tables() -> dict[str, list[tuple[int, str, str]]]:
    text = importlib.resources.files(__package__).joinpath("fields.json").read_text()
    return dict(json.loads(text))


@functools.cache
def _codec() -> protobuf.Codec:
    return protobuf.Codec(_tables())


def fields(message: str) -> list[tuple[int, str, str]]:
    """Number, name and type of each field."""
    return _tables()[message]


def encode(message: str, value: dict[str, Any]) -> bytes:
    """The bytes of a message; raises protobuf.ProtobufError for a value that does not fit."""
    return _codec().encode(message, value)


def decode(message: str, data: bytes) -> dict[str, Any]:
    """The dict of a message: what was not on the wire is not in it."""
    return dict(_codec().decode(message, data))
