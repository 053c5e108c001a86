"""Answers in the form asked for: JSON as it is, or turned into YAML, protobuf or indented JSON; gzip for large ones."""

import gzip
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from pyk3s.api import catalog as catalogs
from pyk3s.api import status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import negotiation
from pyk3s.wire.http import messages

COMPRESS_FROM = 128 * 1024
MOST_WARNED, SHORT_WARNING = 4096, 256  # characters of all warnings together, and of one after that is used up
_CONTROL = dict.fromkeys((*range(32), *range(127, 160)), " ")
CACHE_CONTROL = (b"Cache-Control", b"no-cache, private")
_HEADERS = {media: ((b"Content-Type", media.encode()), CACHE_CONTROL) for media in set(negotiation.MEDIA.values())}
JSON_HEADERS = _HEADERS[negotiation.JSON]
TEXT_HEADERS = ((b"Content-Type", b"text/plain; charset=utf-8"), (b"X-Content-Type-Options", b"nosniff"))


class NoSuchPath(status.StatusError):
    """A path outside everything served; told as plain text."""

    def __init__(self) -> None:
        super().__init__(404, "NotFound", "404 page not found")


def unknown(catalog: Iterable[catalogs.Resource], path: str) -> status.StatusError:
    """The 404 of a path: a Status below what the API itself holds, which groups of custom resources are not."""
    match path.strip("/").split("/"):
        case ["api" | "version", *_]:
            return status.no_such_resource()
        case ["apis", group, _, *_] if any(each.group == group and each.custom is None for each in catalog):
            return status.no_such_resource()
    return NoSuchPath()


def answer(call: calls.Call, outcome: calls.Outcome) -> messages.Response:
    """An outcome in the form of its call."""
    request = call.request
    body = outcome.body
    media = call.form.media
    if media != negotiation.JSON:
        try:
            body = _TURN[media](body)
        except status.StatusError as error:
            return failure(error)
    elif request.raw_query and call.flag("pretty"):
        body = indented(body)
    headers: Sequence[tuple[bytes, bytes]] = _HEADERS[media]
    if call.warnings:
        headers = [*headers, *_warnings(call.warnings)]
    if len(body) > COMPRESS_FROM and "gzip" in request.headers.get("accept-encoding"):
        body = gzip.compress(body, compresslevel=1)
        headers = [*headers, (b"Content-Encoding", b"gzip"), (b"Vary", b"Accept-Encoding")]
    return messages.Response(outcome.code, headers, body)


def failure(error: status.StatusError, call: calls.Call | None = None) -> messages.Response:
    """The Status of an error; in JSON where no form was agreed upon."""
    if isinstance(error, NoSuchPath):
        return text(404, "404 page not found\n")
    body = msgspec.json.encode(error.body())
    headers: list[tuple[bytes, bytes]] = list(JSON_HEADERS)
    if call is not None:
        if call.form.media != negotiation.JSON:
            body = _TURN[call.form.media](body)
            headers = list(_HEADERS[call.form.media])
        headers += _warnings(call.warnings)
    if error.details and (seconds := error.details.get("retryAfterSeconds")):
        headers.append((b"Retry-After", str(seconds).encode()))
    return messages.Response(error.code, headers, body)


def text(code: int, body: str) -> messages.Response:
    """A plain text answer."""
    return messages.Response(code, TEXT_HEADERS, body.encode())


def encoded(code: int, value: Any) -> calls.Outcome:
    """An outcome of a JSON value."""
    return calls.Outcome(code, msgspec.json.encode(value))


def indented(body: bytes) -> bytes:
    """The same JSON, two spaces per level."""
    return json.dumps(msgspec.json.decode(body), indent=2, ensure_ascii=False).encode() + b"\n"


def to_yaml(body: bytes) -> bytes:
    """The same value as YAML, keys sorted."""
    import yaml  # at first use: costs memory that most servers never need

    class Dumper(yaml.SafeDumper):
        """Quotes with double quotes, and only what would not be read back as text."""

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        tag = "tag:yaml.org,2002:str"
        plain = dumper.resolve(yaml.ScalarNode, value, (True, False)) == tag  # type: ignore[no-untyped-call]
        style = "|" if "\n" in value else None if plain else '"'
        return dumper.represent_scalar(tag, value, style=style)

    Dumper.add_representer(str, text)
    dumped = yaml.dump(
        msgspec.json.decode(body), Dumper=Dumper, default_flow_style=False, allow_unicode=True, width=1 << 30
    )
    return bytes(dumped, "utf-8")


def to_protobuf(body: bytes) -> bytes:
    """The same object in protobuf; raises 406 for a kind that has no such form."""
    from pyk3s.api import protobuf  # at first use: its tables cost memory, and JSON is what nearly everybody asks for

    obj = msgspec.json.decode(body)
    try:
        return bytes(protobuf.encode(obj))
    except protobuf.ProtobufError as error:
        raise negotiation.no_protobuf(str(obj.get("apiVersion", "")), str(obj.get("kind", ""))) from error


_TURN: dict[str, Callable[[bytes], bytes]] = {negotiation.YAML: to_yaml, negotiation.PROTOBUF: to_protobuf}


def _warnings(texts: Sequence[str]) -> list[tuple[bytes, bytes]]:
    """Warning headers (RFC 7234), each text once. Once they are many they are cut short, and then left out, as upstream
    does; control characters, which could end a header, become spaces.
    """
    headers, size = [], 0
    for text in dict.fromkeys(texts):
        if size + len(text) > MOST_WARNED:
            text = text[:SHORT_WARNING]
        if size + len(text) > MOST_WARNED:
            break
        size += len(text)
        plain = text.translate(_CONTROL).replace("\\", "\\\\").replace('"', '\\"')
        headers.append((b"Warning", f'299 - "{plain}"'.encode()))
    return headers
