"""How this host's own processes reach the API: by client certificate, and only once it serves."""

import pathlib

from pyk3s.client.errors import ApiError
from pyk3s.client.rest import Client
from pyk3s.joining import protocol
from pyk3s.lib import backoff, clock
from pyk3s.pki import contexts
from pyk3s.wire.http.client import HttpClient

FIRST_PAUSE_S, MOST_PAUSE_S = 0.02, 1.0


def connect(
    url: str, authority: pathlib.Path, certificate: pathlib.Path, live: contexts.Contexts | None = None
) -> Client:
    """A client that shows `certificate`, whose key lies beside it. It follows renewals of whoever runs `live`.

    Whoever answers must be an API server: its name is asked for, not the address, which may be a load balancer's.
    """
    pair, live = contexts.Pair(certificate), live or contexts.Contexts()
    context = live.client(authority, pair, lambda: connection.renew())
    connection = HttpClient(url, context, {"User-Agent": "k3s"}, server_hostname=protocol.API_SERVER)
    return Client(connection)


async def until_ready(client: Client, time: clock.Clock) -> None:
    """Wait until the API server says that it is ready; one that cannot write for the moment still has much to read."""
    pause = backoff.Backoff(FIRST_PAUSE_S, MOST_PAUSE_S)
    while True:
        try:
            await client.call("GET", "/readyz?exclude=etcd&exclude=etcd-readiness")
        except (ApiError, OSError, TimeoutError):
            await time.sleep(pause.next())
        else:
            return
