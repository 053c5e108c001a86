"""What controllers need of the cluster's keys, which they never hold themselves: the composition root provides it."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol


class Asked(NamedTuple):
    """What a certificate request asks for: subject and alternative names."""

    common_name: str
    organizations: tuple[str, ...] = ()
    dns_names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()


class Unavailable(OSError):
    """A key cannot be used; the message says why and what to do. Trying again later may help."""


class Signer(Protocol):
    """Uses the keys of the cluster. Raises Unavailable, and ValueError for a request that cannot be read."""

    async def read(self, request: bytes) -> Asked:
        """What a request (PEM) asks for; its own signature has been checked."""
        ...

    async def sign(self, authority: str, request: bytes, usages: Sequence[str], seconds: int) -> bytes:
        """The certificate (PEM) of the authority `client` or `server` for what the request asks."""
        ...

    async def token(self, claims: dict[str, Any]) -> str:
        """A service-account token with these claims."""
        ...
