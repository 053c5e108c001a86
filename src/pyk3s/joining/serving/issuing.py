"""Certificates for agents, signed in a short-lived process: no resident process carries the library for it.

Requests are posted as DER, so a node's private key never leaves the node. Only `MOST` are signed at a time.
"""

import asyncio
import datetime
import pathlib
from dataclasses import dataclass, field

from pyk3s.host import short_lived
from pyk3s.pki import orders

MOST = 2


@dataclass
class Issuer:
    """Has orders carried out with the authorities in the folder `tls`."""

    tls: pathlib.Path
    _seats: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST))

    async def issue(self, order: orders.Order) -> tuple[str, str]:
        """The certificate with its authority as PEM, and the hash of the node's password. Raises WrongPassword,
        BadRequest, Failure.
        """
        tls = self.tls

        def work() -> bytes:
            from pyk3s.pki import signing  # only this short-lived process pays for it

            return signing.carry_out(order, tls, datetime.datetime.now(datetime.UTC))

        async with self._seats:
            return orders.read(await short_lived.run_in_loop(work))
