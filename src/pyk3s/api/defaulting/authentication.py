"""Defaults of the authentication group."""

from typing import Any

JSON = dict[str, Any]

TOKEN_SECONDS = 3600


def token_request(obj: JSON) -> None:
    obj["spec"].setdefault("expirationSeconds", TOKEN_SECONDS)


DEFAULTS = {"TokenRequest": token_request}
