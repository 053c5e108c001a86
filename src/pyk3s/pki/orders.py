"""What is asked of a short-lived process that signs certificates, and what it answers. Loads no X.509 library."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Order:
    """One certificate: of which authority, for which request (DER), for whom, for what. `password` and the `hash` that
    is kept of it, if one is, are a node's.
    """

    authority: str
    request: bytes
    common_name: str
    usage: str = "client"
    organizations: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    password: str | None = None
    hash: str | None = None


class WrongPassword(Exception):
    """The node's password is not the one that was kept."""


class BadRequest(Exception):
    """The certificate request cannot be used; the message says why."""


def signed(certificate: str, kept: str) -> bytes:
    return json.dumps({"certificate": certificate, "hash": kept}).encode()


def refused(why: str, message: str) -> bytes:
    return json.dumps({"refused": why, "message": message}).encode()


def read(answer: bytes) -> tuple[str, str]:
    """The certificate with its authority as PEM, and the hash of the password. Raises WrongPassword, BadRequest."""
    told = json.loads(answer)
    if told.get("refused") == "password":
        raise WrongPassword(told["message"])
    if "refused" in told:
        raise BadRequest(told["message"])
    return told["certificate"], told["hash"]
