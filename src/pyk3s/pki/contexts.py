"""TLS contexts that follow their files: a renewed certificate goes into the living context, for every new handshake.

Connections that exist stay as they are; `changed` lets their owner drop those it keeps for later. A new pair is tried
on a context of its own first, so that a damaged one, or a certificate whose key is still to come, never takes the place
of a good one: it is said once, and looked at again when the files change. Authorities are read once: who replaces
those restarts the server.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pyk3s.lib import clock, failure, log

LOOK_S = 30.0
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"  # of TLS 1.2, as in K3s; those of TLS 1.3 are all good
_log = log.get_logger("certificates")
_Stamp = tuple[int, ...]


class Pair:
    """A certificate and its key, which lies beside it under the same name unless said otherwise."""

    __slots__ = ("certificate", "key")

    def __init__(self, certificate: Path, key: Path | None = None):
        self.certificate, self.key = certificate, key or certificate.with_suffix(".key")

    def stamp(self) -> _Stamp | None:
        """Changes whenever a file does; None while one is missing."""
        try:
            found = [path.stat() for path in (self.certificate, self.key)]
        except FileNotFoundError:
            return None
        return tuple(number for each in found for number in (each.st_mtime_ns, each.st_ino))

    def load(self, context: ssl.SSLContext) -> None:
        """Raises Failure with what is wrong and what to do."""
        try:
            context.load_cert_chain(self.certificate, self.key)
        except (ssl.SSLError, OSError) as error:
            what = f"{self.certificate} and its key {self.key.name} cannot be used ({_reason(error)})"
            raise failure.Failure(what, remedy="remove both: a start makes them anew") from error


@dataclass
class _Watched:
    context: ssl.SSLContext
    pair: Pair
    changed: Callable[[], None]
    stamp: _Stamp | None


class Contexts:
    """The contexts of one process."""

    def __init__(self) -> None:
        self._watched: list[_Watched] = []

    def server(self, pair: Pair, clients: tuple[Path, ...]) -> ssl.SSLContext:
        """For a listener; a client may show a certificate of one of the authorities `clients`, or none."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(CIPHERS)
        context.verify_mode = ssl.CERT_OPTIONAL
        context.set_alpn_protocols(["http/1.1"])
        for authority in clients:
            trust(context, authority)
        self.present(context, pair)
        return context

    def client(self, authority: Path, pair: Pair, changed: Callable[[], None] = lambda: None) -> ssl.SSLContext:
        """For a client that trusts one authority and shows a certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trust(context, authority)
        self.present(context, pair, changed)
        return context

    def present(self, context: ssl.SSLContext, pair: Pair, changed: Callable[[], None] = lambda: None) -> None:
        """Let a context show this certificate, now and after each renewal; raises Failure if it cannot be used."""
        stamp = pair.stamp()
        pair.load(context)
        self._watched.append(_Watched(context, pair, changed, stamp))

    def forget(self, context: ssl.SSLContext) -> None:
        """Stop following the files of a context that is no longer used."""
        self._watched = [each for each in self._watched if each.context is not context]

    async def run(self, time: clock.Clock) -> None:
        """Look at the files until cancelled."""
        while True:
            await time.sleep(LOOK_S)
            self.look()

    def look(self) -> None:
        """Take in what has changed since the last look."""
        for each in self._watched:
            stamp = each.pair.stamp()
            if stamp is not None and stamp != each.stamp:
                each.stamp = stamp
                self._renew(each)

    @staticmethod
    def _renew(watched: _Watched) -> None:
        try:
            watched.pair.load(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        except failure.Failure as error:
            _log.error("renewed certificate cannot be used, the old one stays", reason=error)
            return
        watched.pair.load(watched.context)
        watched.changed()
        _log.info("certificate renewed", file=watched.pair.certificate.name)


def trust(context: ssl.SSLContext, authority: Path) -> None:
    """Raises Failure for a file that holds no authority."""
    try:
        context.load_verify_locations(authority)
    except (ssl.SSLError, OSError) as error:
        raise failure.Failure(
            f"{authority} holds no authority ({_reason(error)})", remedy="restore it from a backup"
        ) from error


def _reason(error: OSError) -> str:
    told = getattr(error, "reason", "") or error.strerror or str(error)
    return str(told).replace("_", " ").lower()
