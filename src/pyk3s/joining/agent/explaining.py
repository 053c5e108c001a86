"""What went wrong on the way into the cluster: words that name the cause, and whether trying again can help. Pure."""

import ssl
import time
from typing import NamedTuple

from pyk3s.lib.failure import Failure
from pyk3s.wire.http import client_connection

NOT_YET_VALID, EXPIRED, WRONG_NAME = 9, 10, 62  # X509_V_ERR_* of OpenSSL
AUTHORITIES = (18, 19, 20, 21)  # the chain does not end at the authority


class Refused(Exception):
    """The server answered, and said no."""

    def __init__(self, code: int, message: str):
        super().__init__(message)
        self.code = code


class Trouble(NamedTuple):
    """What to tell; `final` where only a person can help; `credentials` where others may do better."""

    words: str
    remedy: str
    final: bool = False
    credentials: bool = False

    def failure(self) -> Failure:
        return Failure(self.words, remedy=self.remedy)


def explain(url: str, error: Exception, now: float) -> Trouble:
    """The trouble with the server at `url`."""
    if isinstance(error, Refused):
        return _refused(url, error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return _unverified(url, error, now)
    if isinstance(error, ssl.SSLError):
        if "CERTIFICATE" in (error.reason or "") or "UNKNOWN_CA" in (error.reason or ""):
            return Trouble(f"{url} does not take this node's certificate", str(error.reason), credentials=True)
        return Trouble(f"no TLS with {url}: {error.reason or error}", "is it the address of a K3s server?")
    if isinstance(error, client_connection.Closed):
        remedy = "it does not take this node's certificate, or is just restarting"
        return Trouble(f"{url} closes the connection", remedy, credentials=True)
    if isinstance(error, ConnectionRefusedError):
        return Trouble(f"{url} refuses connections", "is the server running, and is it its port?")
    if isinstance(error, TimeoutError):
        return Trouble(f"{url} does not answer in time", "is its port open in every firewall on the way?")
    return Trouble(f"cannot reach {url}: {error or type(error).__name__}", "is the address right, and a way there?")


def _refused(url: str, error: Refused) -> Trouble:
    if error.code == 401:
        why = "take the token of the server's file node-token"
        return Trouble(f"{url} refuses the token: {error}", why, final=True, credentials=True)
    if error.code in (404, 405):
        return Trouble(f"{url} does not know how nodes join: {error}", "it is too old, or no K3s server", final=True)
    if error.code in (400, 403):
        return Trouble(f"{url} refuses this node: {error}", "", final=True, credentials=True)
    return Trouble(f"{url} cannot help now ({error.code}): {error}", "it is tried again")


def _unverified(url: str, error: ssl.SSLCertVerificationError, now: float) -> Trouble:
    clock = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
    if error.verify_code == NOT_YET_VALID:
        return Trouble(f"the certificate of {url} is not valid yet: this host's clock says {clock}", "set the clock")
    if error.verify_code == EXPIRED:
        remedy = "set the clock if it is wrong, else restart the server, which renews it"
        return Trouble(f"the certificate of {url} has expired: this host's clock says {clock}", remedy)
    if error.verify_code == WRONG_NAME:
        return Trouble(f"{url} is not an API server of this cluster", "give the address of a server", final=True)
    if error.verify_code in AUTHORITIES:
        remedy = "join with the token of that server"
        return Trouble(f"the certificate of {url} is not of this cluster", remedy, final=True, credentials=True)
    return Trouble(f"the certificate of {url} does not hold: {error.verify_message}", "", final=True)


def wrong_authority(url: str, expected: str, actual: str) -> Failure:
    """The token pins another authority than the server's."""
    return Failure(
        f"the token is not of the cluster at {url}: it pins the CA hash {expected}, the server's is {actual}",
        remedy="take the token of that server, or find out who answers there",
    )
