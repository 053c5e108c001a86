"""OpenAPI documents of what is served: version 3 per group version, version 2 as one document, as JSON or protobuf.

    documents = openapi.Documents(catalog, release="v1.36.2", schema_of=schema_of)
    documents.v3_index(), documents.v3_document("apis/apps/v1"), documents.v2_document(), documents.v2_protobuf()

A document is built when first asked for and kept gzipped, never as objects; `changed` forgets what a custom resource
touches. Hashes are made of what a document is built from, so that the index costs no document.
"""

import gzip
import hashlib
from collections.abc import Callable
from typing import Any

import msgspec

from pyk3s.api.catalog import Catalog, Resource
from pyk3s.api.openapi import definitions, operations, protobuf
from pyk3s.api.schema import pack

JSON = dict[str, Any]
SchemaOf = Callable[[Resource], JSON | None]

_PLAIN_PATHS = {
    ".well-known/openid-configuration": "string",
    "api": definitions.META + "APIVersions",
    "apis": definitions.META + "APIGroupList",
    "openid/v1/jwks": "string",
    "version": "io.k8s.apimachinery.pkg.version.Info",
}
_COMPRESSION = 6
_V2, _V2_PROTOBUF = "v2", "v2 protobuf"


def _no_schema(_: Resource) -> None:
    return None


class Documents:
    """The documents of a catalogue. `schema_of` gives the OpenAPI 3 schema of a custom resource's object."""

    def __init__(self, catalog: Catalog, *, release: str, schema_of: SchemaOf = _no_schema):
        self._catalog, self._release, self._schema_of = catalog, release, schema_of
        self._made: dict[str, bytes] = {}

    def changed(self, group: str, version: str) -> None:
        """Resources of a group version have come, gone or changed."""
        for name in (_path(group, version), f"apis/{group}", _V2, _V2_PROTOBUF):
            self._made.pop(name, None)

    def v3_index(self) -> bytes:
        """The JSON list of version 3 documents, each with the hash of its present state."""
        paths = {
            name: {"serverRelativeURL": f"/openapi/v3/{name}?hash={self.v3_hash(name)}"}
            for name in sorted(self._names())
        }
        return msgspec.json.encode({"paths": paths})

    def v3_hash(self, name: str) -> str:
        """Changes when the document does."""
        seed = [pack.digest(), self._release, name]
        for resource in self._of(name):
            seed += [repr(resource), repr(self._schema_of(resource))]
        return hashlib.sha512("\n".join(seed).encode()).hexdigest().upper()

    def v3_document(self, name: str) -> bytes | None:
        """A version 3 document such as `apis/apps/v1` or `version`, as gzipped JSON; None if there is none."""
        if name not in self._made:
            if name not in self._names():
                return None
            self._keep(name, msgspec.json.encode(self._v3(name)))
        return self._made[name]

    def v2_document(self) -> bytes:
        """The version 2 document, as gzipped JSON."""
        if _V2 not in self._made:
            self._keep(_V2, msgspec.json.encode(self._v2()))
        return self._made[_V2]

    def v2_protobuf(self) -> bytes:
        """The version 2 document as gzipped protobuf (openapi.v2.Document); only what clients read of it."""
        if _V2_PROTOBUF not in self._made:
            self._keep(_V2_PROTOBUF, protobuf.document(self._v2()))
        return self._made[_V2_PROTOBUF]

    def _keep(self, name: str, data: bytes) -> None:
        self._made[name] = gzip.compress(data, _COMPRESSION, mtime=0)

    def _names(self) -> set[str]:
        names = set(_PLAIN_PATHS)
        for resource in self._catalog:
            names.add(_path(resource.group, resource.version))
            if resource.group:
                names.add(f"apis/{resource.group}")
        return names

    def _of(self, name: str) -> list[Resource]:
        return [each for each in self._catalog if name in (_path(each.group, each.version), f"apis/{each.group}")]

    def _v3(self, name: str) -> JSON:
        resources = self._of(name)
        if name in _PLAIN_PATHS:
            answers = _PLAIN_PATHS[name]
            paths = {f"/{name}" if "." in name or name in ("version", "openid/v1/jwks") else f"/{name}/": answers}
        elif name.count("/") == 1 and name.startswith("apis/"):
            paths, resources = {f"/{name}/": definitions.META + "APIGroup"}, []
        else:
            paths = {f"/{name}/": definitions.META + "APIResourceList"}
        builder = definitions.Builder(pack.load(), pack.load_texts(), self._schema_of, version=3)
        documented: JSON = {path: operations.discovery(builder, path, answers) for path, answers in paths.items()}
        for resource in resources:
            documented.update(operations.paths(builder, resource))
        components = {"schemas": builder.used(), "securitySchemes": {"BearerToken": definitions.BEARER_TOKEN}}
        return {"openapi": "3.0.0", "info": self._info(), "paths": documented, "components": components}

    def _v2(self) -> JSON:
        builder = definitions.Builder(pack.load(), pack.load_texts(), self._schema_of, version=2)
        documented: JSON = {}
        for resource in self._catalog:
            documented.update(operations.paths(builder, resource))
        return {
            "swagger": "2.0",
            "info": self._info(),
            "paths": documented,
            "definitions": builder.used(),
            "securityDefinitions": {"BearerToken": definitions.BEARER_TOKEN},
            "security": [{"BearerToken": []}],
        }

    def _info(self) -> JSON:
        return {"title": "Kubernetes", "version": self._release}


def _path(group: str, version: str) -> str:
    return f"apis/{group}/{version}" if group else f"api/{version}"
