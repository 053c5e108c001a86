"""How this host's own processes reach the API: by client certificate, and only once it serves."""

import pathlib
import ssl

from pyk3s.client.errors import ApiError
from pyk3s.client.rest import Client
from pyk3s.lib import backoff, clock
from pyk3s.wire.http.client import HttpClient

FIRST_PAUSE_S, MOST_PAUSE_S = 0.02, 1.0


def connect(url: str, authority: pathlib.Path, certificate: pathlib.Path) -> Client:
    """A client that shows `certificate`; its key lies beside it under the same name."""
    context = ssl.create_default_context(cafile=authority)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    return Client(HttpClient(url, context, {"User-Agent": "k3s"}))


async def until_ready(client: Client, time: clock.Clock) -> None:
    """Wait until the API server says that it is ready."""
    pause = backoff.Backoff(FIRST_PAUSE_S, MOST_PAUSE_S)
    while True:
        try:
            await client.call("GET", "/readyz")
        except (ApiError, OSError, TimeoutError):
            await time.sleep(pause.next())
        else:
            return
