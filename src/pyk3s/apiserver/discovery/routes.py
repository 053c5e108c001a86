"""Discovery over HTTP: documents are made once and kept until the catalogue changes; aggregated ones carry an ETag."""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec

from pyk3s.api import catalog as catalogs
from pyk3s.api import status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import negotiation, rendering
from pyk3s.apiserver.discovery import documents
from pyk3s.wire.http import messages

_AGGREGATED_MEDIA = b"application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


class Discovery:
    """Answers /api, /apis and below."""

    def __init__(self, catalog: catalogs.Catalog, address: str):
        self._catalog, self._address = catalog, address
        self._bodies: dict[str, bytes | None] = {}

    def changed(self) -> None:
        """The catalogue has changed: make the documents afresh."""
        self._bodies.clear()

    def serves(self, path: str) -> bool:
        return path.split("/", 2)[1:2] in (["api"], ["apis"])

    def answer(self, call: calls.Call) -> calls.Outcome | messages.Response:
        """The document of a path; 404 for what is not served, 405 for other methods."""
        path = call.route.path.rstrip("/")
        if call.verb not in ("get", "head"):
            raise status.method_not_allowed()
        if path in ("/api", "/apis") and _wants_aggregated(call):
            return self._aggregated(call, path)
        body = self._body(path, self._documents(path))
        if body is None:
            raise rendering.unknown(self._catalog, path)
        call.form = negotiation.form(call.request.headers.get("accept"), negotiation.not_acceptable_document)
        return calls.Outcome(200, body)

    def _body(self, key: str, make: Callable[[], Any]) -> bytes | None:
        if key not in self._bodies:
            made = make()
            if made is None:
                return None  # not kept: anyone can ask for any number of paths
            self._bodies[key] = msgspec.json.encode(made)
        return self._bodies[key]

    def _documents(self, path: str) -> Callable[[], Any]:
        catalog = self._catalog
        match path.lstrip("/").split("/"):
            case ["api"]:
                return lambda: documents.core_versions(self._address)
            case ["apis"]:
                return lambda: documents.group_list(catalog)
            case ["api", version]:
                return lambda: documents.resource_list(catalog, "", version)
            case ["apis", group]:
                return lambda: documents.group(catalog, group)
            case ["apis", group, version]:
                return lambda: documents.resource_list(catalog, group, version)
        return lambda: None

    def _aggregated(self, call: calls.Call, path: str) -> messages.Response:
        body = self._body(f"aggregated {path}", lambda: documents.aggregated(self._catalog, core=path == "/api"))
        assert body is not None
        tag = f'"{hashlib.sha256(body).hexdigest()[:32].upper()}"'
        headers = [
            (b"Content-Type", _AGGREGATED_MEDIA),
            (b"Cache-Control", b"public"),
            (b"ETag", tag.encode()),
            (b"Vary", b"Accept"),
        ]
        if call.request.headers.get("if-none-match") == tag:
            return messages.Response(304, headers)
        return messages.Response(200, headers, body)


def _wants_aggregated(call: calls.Call) -> bool:
    for part in call.request.headers.lists("accept"):
        pieces = {piece.strip() for piece in part.split(";")}
        if {"as=APIGroupDiscoveryList", "v=v2", "g=apidiscovery.k8s.io"} <= pieces:
            return True
        if pieces & {"application/json", "*/*"} and "as=APIGroupDiscoveryList" not in pieces:
            return False
    return False
