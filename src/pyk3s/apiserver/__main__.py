"""An API server alone, for development: `python -m pyk3s.apiserver --port N --data-dir DIR --token T`.

The token's bearer is an administrator. The certificate is self-signed and made anew at each start.
"""

import argparse
import asyncio
import pathlib
import signal
import ssl
import subprocess

import uvloop

from pyk3s.apiserver import identity
from pyk3s.apiserver.authn.issuing import Issuing
from pyk3s.apiserver.server import ApiServer
from pyk3s.apiserver.settings import ApiSettings
from pyk3s.datastore.open import open_datastore
from pyk3s.lib import log


def main() -> None:
    parser = argparse.ArgumentParser(prog="pyk3s.apiserver", description=__doc__)
    parser.add_argument("--port", type=int, default=6443)
    parser.add_argument("--data-dir", type=pathlib.Path, required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--advertise-address", default="198.51.100.1")
    parser.add_argument("--service-cidr", default="10.43.0.0/16")
    uvloop.run(_serve(parser.parse_args()))


async def _serve(options: argparse.Namespace) -> None:
    options.data_dir.mkdir(parents=True, exist_ok=True)
    settings = ApiSettings(
        port=options.port,
        advertise_address=options.advertise_address,
        ssl_context=_self_signed(options.data_dir),
        service_cidr=options.service_cidr,
        issuing=Issuing(key=options.data_dir / "dev.key"),  # beside TLS, for development: one key is enough
        tokens={options.token: identity.User("admin", (identity.MASTERS, "system:authenticated"))},
    )
    datastore = await open_datastore(f"sqlite://{options.data_dir}/state.db")
    server = ApiServer(settings, datastore)
    await server.start()
    log.get_logger("apiserver").info("ready", port=server.port)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    await server.stop()
    await datastore.close()


def _self_signed(folder: pathlib.Path) -> ssl.SSLContext:
    key, certificate = folder / "dev.key", folder / "dev.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


if __name__ == "__main__":
    main()
