"""A REST client of the Kubernetes API on the project's HTTP client.

Objects are plain dicts (`get`, `create`, ...) or the server's own bytes (`call`), for callers that decode only what
they need. Every answer that is not 2xx becomes an ApiError. Nothing is retried here: who calls knows whether that is
safe.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

import msgspec

from pyk3s.client.errors import ApiError, from_body
from pyk3s.wire.http import client as http

JSON = dict[str, Any]
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
METADATA_ONLY = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


class WatchEvent(NamedTuple):
    """One event: ADDED, MODIFIED, DELETED or BOOKMARK, and the bytes of its object."""

    type: str
    raw: bytes | msgspec.Raw


class _Frame(msgspec.Struct):
    type: str
    object: msgspec.Raw


_decode_frame = msgspec.json.Decoder(_Frame).decode
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.encode


class Client:
    """Requests to one API server; safe to share between tasks."""

    def __init__(self, connection: http.HttpClient, *, timeout_s: float = 30.0):
        self._http = connection
        self._timeout_s = timeout_s

    async def call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> bytes:
        """One request; the bytes of a 2xx answer. Raises ApiError, OSError, TimeoutError."""
        headers = {"Accept": accept}
        if body:
            headers["Content-Type"] = content_type
        answer = await self._http.request(
            method, path, query=query, headers=headers, body=body, timeout=self._timeout_s
        )
        if not 200 <= answer.status < 300:
            raise from_body(answer.status, answer.body)
        return answer.body

    async def send(self, method: str, path: str, obj: Any, *, content_type: str = "application/json") -> bytes:
        """One request with an object as body; the answer's bytes, undecoded."""
        return await self.call(method, path, _encode(obj), content_type=content_type)

    async def get(self, path: str) -> JSON:
        return _object(await self.call("GET", path))

    async def list(self, path: str, **params: str) -> JSON:
        """The list object; `params` are query parameters such as labelSelector and limit."""
        return _object(await self.call("GET", path, query=params))

    async def create(self, path: str, obj: JSON) -> JSON:
        return _object(await self.call("POST", path, _encode(obj)))

    async def update(self, path: str, obj: JSON) -> JSON:
        return _object(await self.call("PUT", path, _encode(obj)))

    async def patch(self, path: str, patch: Any, content_type: str = MERGE_PATCH, **params: str) -> JSON:
        return _object(await self.call("PATCH", path, _encode(patch), query=params, content_type=content_type))

    async def delete(self, path: str, options: JSON | None = None) -> JSON:
        """Delete with DeleteOptions (`preconditions`, `propagationPolicy`, `gracePeriodSeconds`)."""
        return _object(await self.call("DELETE", path, _encode(options) if options else b""))

    async def watch(
        self,
        path: str,
        resource_version: str,
        *,
        params: Mapping[str, str] | None = None,
        accept: str = "application/json",
    ) -> AsyncIterator[WatchEvent]:
        """Events from after `resource_version` until the server ends the watch. Raises ApiError (410: list again),
        OSError.
        """
        query = {"watch": "true", "resourceVersion": resource_version, "allowWatchBookmarks": "true", **(params or {})}
        async with self._http.stream("GET", path, query=query, headers={"Accept": accept}) as answer:
            if answer.status != 200:
                raise from_body(answer.status, b"".join([chunk async for chunk in answer.chunks]))
            rest = b""
            async for chunk in answer.chunks:
                lines = (rest + chunk).split(b"\n") if rest else chunk.split(b"\n")
                rest = lines.pop()
                for line in lines:
                    if line:
                        yield _event(line)

    async def close(self) -> None:
        await self._http.close()


def _object(body: bytes) -> JSON:
    decoded = _decode(body)
    if not isinstance(decoded, dict):
        raise ApiError(502, "", "the API server's answer is not an object")
    return decoded


def _event(line: bytes) -> WatchEvent:
    frame = _decode_frame(line)
    if frame.type == "ERROR":
        status = _object(bytes(frame.object))
        raise from_body(int(status.get("code", 500)), bytes(frame.object))
    return WatchEvent(frame.type, frame.object)
