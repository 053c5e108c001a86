"""SPDY/3 header blocks: name/value pairs, compressed with one zlib stream per direction and the draft's dictionary."""

import struct
import zlib
from collections.abc import Mapping

MOST_BYTES = 256 * 1024  # of a block, decompressed
_NAMES = (
    "options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow "
    "authorization cache-control connection content-base content-encoding content-language content-length "
    "content-location content-md5 content-range content-type date etag expect expires from host if-match "
    "if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma "
    "proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade "
    "user-agent vary via warning www-authenticate method get status"
)
_WORDS = [*_NAMES.split(), "200 OK", "version", "HTTP/1.1", "url", "public", "set-cookie", "keep-alive", "origin"]
_TAIL = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
    "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden"
    "404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable"
    "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT"
    "chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,"
    "text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0."
)
DICTIONARY = b"".join(struct.pack(">I", len(word)) + word.encode() for word in _WORDS) + _TAIL.encode()


class HeaderError(ValueError):
    """A block is not a valid list of headers, or too large."""


class Compressor:
    """The sending side of a connection."""

    def __init__(self) -> None:
        self._zlib = zlib.compressobj(zdict=DICTIONARY)

    def block(self, headers: Mapping[str, str]) -> bytes:
        parts = [struct.pack(">I", len(headers))]
        for name, value in headers.items():
            for text in (name.lower().encode("latin-1"), value.encode("latin-1")):
                parts += (struct.pack(">I", len(text)), text)
        return self._zlib.compress(b"".join(parts)) + self._zlib.flush(zlib.Z_SYNC_FLUSH)


class Decompressor:
    """The receiving side; every block must pass through it, in order."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(zdict=DICTIONARY)

    def headers(self, block: bytes) -> dict[str, str]:
        try:
            plain = self._zlib.decompress(block, MOST_BYTES)
        except zlib.error as error:
            raise HeaderError(f"a header block cannot be decompressed: {error}") from error
        if self._zlib.unconsumed_tail:
            raise HeaderError(f"a header block is larger than {MOST_BYTES} bytes")
        return _parse(plain)


def _parse(plain: bytes) -> dict[str, str]:
    headers: dict[str, str] = {}
    try:
        (count,) = struct.unpack_from(">I", plain)
        position = 4
        for _ in range(count):
            name, position = _text(plain, position)
            value, position = _text(plain, position)
            headers[name] = value
    except struct.error as error:
        raise HeaderError("a header block ends too early") from error
    return headers


def _text(plain: bytes, position: int) -> tuple[str, int]:
    (size,) = struct.unpack_from(">I", plain, position)
    end = position + 4 + size
    if end > len(plain):
        raise HeaderError("a header block ends too early")
    return plain[position + 4 : end].decode("latin-1"), end
