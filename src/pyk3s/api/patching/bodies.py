"""Bodies of patch requests, refused in upstream's words where they are no JSON or not of the expected form."""

from typing import Any

import msgspec

from pyk3s.api import decoding, status

_GO_NAMES = {str: "string", bool: "bool", int: "number", float: "number", dict: "object", list: "array"}


def decode(body: bytes) -> Any:
    """The JSON value of a body; raises StatusError 400."""
    try:
        return msgspec.json.decode(body)
    except UnicodeDecodeError:
        return decode(decoding.as_utf8(body))
    except (msgspec.DecodeError, RecursionError) as error:
        raise refused(decoding.json_error(body, error)) from None


def refused(why: str) -> status.StatusError:
    return status.bad_request(f"error decoding patch: {why}")


def mismatch(value: Any, wanted: str) -> status.StatusError:
    """The refusal of a JSON value where Go's decoder wants another type."""
    return refused(f"json: cannot unmarshal {_GO_NAMES[type(value)]} into Go value of type {wanted}")
