"""OpenAPI over HTTP: /openapi/v3 with its documents, and /openapi/v2 as JSON or protobuf.

Documents are kept gzipped and sent as they are to who takes gzip. A version 3 document asked for with its present hash
may be cached for ever; with another hash it is redirected to the present one.
"""

import gzip
import hashlib

from pyk3s.api import openapi, status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import rendering
from pyk3s.wire.http import messages

JSON_MEDIA = "application/json"
INDEX_MEDIA = "text/plain; charset=utf-8"  # so says upstream of its JSON index
V2_PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
V2_PROTOBUF_MEDIA = frozenset({V2_PROTOBUF, "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"})
ACCEPTING_JSON = frozenset({JSON_MEDIA, "application/*", "*/*", ""})
FOR_EVER = (b"Cache-Control", b"public, immutable")
ASK_AGAIN = (b"Cache-Control", b"no-cache, private")
TAG_LENGTH = 40


class OpenApi:
    """Answers /openapi and below."""

    def __init__(self, documents: openapi.Documents):
        self._documents = documents

    def serves(self, path: str) -> bool:
        return path == "/openapi/v2" or path == "/openapi/v3" or path.startswith("/openapi/v3/")

    def answer(self, call: calls.Call) -> messages.Response:
        """A document; raises 404, 405, 406."""
        if call.verb not in ("get", "head"):
            raise status.method_not_allowed()
        path = call.route.path.rstrip("/")
        if path == "/openapi/v2":
            return self._version_2(call)
        if not _accepted(call) & ACCEPTING_JSON:
            raise _not_acceptable()
        if path == "/openapi/v3":
            return messages.Response(200, [_content(INDEX_MEDIA), ASK_AGAIN], self._documents.v3_index())
        return self._version_3(call, path.removeprefix("/openapi/v3/"))

    def _version_3(self, call: calls.Call, name: str) -> messages.Response:
        document = self._documents.v3_document(name)
        if document is None:
            raise rendering.NoSuchPath
        asked = call.parameter("hash")
        present = self._documents.v3_hash(name) if asked else ""
        if asked != present:
            location = f"/openapi/v3/{name}?hash={present}"
            return messages.Response(301, [(b"Location", location.encode()), ASK_AGAIN], b"")
        return self._document(call, document, JSON_MEDIA, FOR_EVER if asked else ASK_AGAIN)

    def _version_2(self, call: calls.Call) -> messages.Response:
        accepted = _accepted(call)
        if accepted & V2_PROTOBUF_MEDIA:
            return self._document(call, self._documents.v2_protobuf(), V2_PROTOBUF, ASK_AGAIN)
        if not accepted & ACCEPTING_JSON:
            raise _not_acceptable()
        return self._document(call, self._documents.v2_document(), JSON_MEDIA, ASK_AGAIN)

    def _document(
        self, call: calls.Call, gzipped: bytes, media: str, caching: tuple[bytes, bytes]
    ) -> messages.Response:
        tag = b'"%s"' % hashlib.sha256(gzipped).hexdigest()[:TAG_LENGTH].upper().encode()
        headers = [(b"ETag", tag), caching, (b"Vary", b"Accept, Accept-Encoding")]
        if call.request.headers.get("if-none-match") == tag.decode():
            return messages.Response(304, headers, b"")
        headers.append(_content(media))
        if "gzip" not in call.request.headers.get("accept-encoding"):
            return messages.Response(200, headers, gzip.decompress(gzipped))
        return messages.Response(200, [*headers, (b"Content-Encoding", b"gzip")], gzipped)


def _accepted(call: calls.Call) -> set[str]:
    header = call.request.headers.get("accept")
    return {part.partition(";")[0].strip() for part in header.split(",")}


def _content(media: str) -> tuple[bytes, bytes]:
    return b"Content-Type", media.encode()


def _not_acceptable() -> status.StatusError:
    message = f"only the following media types are accepted: {JSON_MEDIA}"
    return status.StatusError(406, "NotAcceptable", message)
