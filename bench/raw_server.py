#!/usr/bin/env python3
"""The yardstick: a bare TLS server that answers every request with 3 KB, on httptools and uvloop.

Usage: raw_server.py CERT KEY [PORT]    (PORT 9001; needs `pip install httptools uvloop`)

Requests per second against it, from the same client with the same number of connections in the same
run, are the "raw" that API figures are divided by.
"""

import asyncio
import ssl
import sys

import httptools
import uvloop

BODY = b'{"kind":"Pod","apiVersion":"v1","metadata":{"name":"x"},"spec":"' + b"a" * 3000 + b'"}'
REPLY = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(BODY) + BODY


class Raw(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_complete(self) -> None:
        self.transport.write(REPLY)


async def main(cert: str, key: str, port: int) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server = await asyncio.get_running_loop().create_server(Raw, "127.0.0.1", port, ssl=context)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 9001))
