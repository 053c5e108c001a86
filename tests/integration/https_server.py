"""An HTTPS server in a thread, with a certificate of an authority of its own, for what the API server calls."""

import contextlib
import datetime
import http.server
import pathlib
import ssl
import threading
from collections.abc import Iterator

from pyk3s.pki import x509


@contextlib.contextmanager
def listening(
    folder: pathlib.Path, handler: type[http.server.BaseHTTPRequestHandler], *, name: str = "127.0.0.1"
) -> Iterator[tuple[int, bytes]]:
    """Serve on a free port of this machine until the end of the block: port, and PEM of the authority."""
    now = datetime.datetime.now(datetime.UTC)
    folder.mkdir(exist_ok=True)
    authority = x509.ensure_authority(folder / "ca.crt", folder / "ca.key", "test", now)
    leaf = x509.LeafRequest(name, usages=(x509.SERVER,), sans=(name,))
    x509.ensure_leaf(authority, folder / "tls.crt", folder / "tls.key", leaf, now)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_address[1], authority.pem
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
