"""Which form an answer takes: media type and shape from the Accept header, remembered per header."""

from collections.abc import Callable
from typing import NamedTuple

from pyk3s.api import status

REMEMBERED = 512
SHAPES = frozenset(("Table", "PartialObjectMetadata", "PartialObjectMetadataList"))
MEDIA = {
    "application/json": "application/json",
    "application/yaml": "application/yaml",
    "application/vnd.kubernetes.protobuf": "application/vnd.kubernetes.protobuf",
    "application/*": "application/json",
    "*/*": "application/json",
}
JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"


NOT_ACCEPTABLE = (
    f"406: Not Acceptable\n\nAvailable representations: {JSON}, {YAML}, {PROTOBUF}, "
    f"{JSON};stream=watch, {PROTOBUF};stream=watch"
)


class Form(NamedTuple):
    """Media type of an answer, and its shape: nothing (the object itself), Table or PartialObjectMetadata(List)."""

    media: str = JSON
    shape: str = ""
    shape_version: str = ""


def not_acceptable() -> status.StatusError:
    """406 for a resource."""
    return status.StatusError(406, "NotAcceptable", NOT_ACCEPTABLE, {})


def no_protobuf(api_version: str, kind: str) -> status.StatusError:
    """406 for an object that has no form in protobuf, called as Go calls its type: a custom one has none of its own."""
    group, _, version = api_version.rpartition("/")
    called = f"{version}.{kind}" if group == "meta.k8s.io" else "unstructured.Unstructured"
    message = (
        f"object *{called} does not implement the protobuf marshalling interface and cannot be encoded to a protobuf"
    )
    return status.StatusError(406, "NotAcceptable", f"{message} message")


PLAIN = Form()
_seen: dict[tuple[str, bool], Form | None] = {
    (accept, tables): PLAIN for accept in ("", "application/json", "*/*") for tables in (True, False)
}


def not_acceptable_document() -> status.StatusError:
    """406 for discovery, which words it in its own way."""
    return status.StatusError(
        406, "NotAcceptable", f"only the following media types are accepted: {JSON}, {YAML}, {PROTOBUF}"
    )


def form(accept: str, refuse: Callable[[], status.StatusError] = not_acceptable, *, tables: bool = True) -> Form:
    """The best form that an Accept header allows; raises 406. Without `tables`, what cannot be shown in rows."""
    if (accept, tables) not in _seen:
        if len(_seen) >= REMEMBERED:
            _seen.clear()
        _seen[accept, tables] = _choose(accept, SHAPES if tables else SHAPES - {"Table"})
    chosen = _seen[accept, tables]
    if chosen is None:
        raise refuse()
    return chosen


class _Clause(NamedTuple):
    quality: float
    media: str
    parameters: dict[str, str]


def _choose(accept: str, shapes: frozenset[str]) -> Form | None:
    clauses = sorted((_clause(part) for part in accept.split(",") if part.strip()), key=lambda each: -each.quality)
    for clause in clauses:
        media = MEDIA.get(clause.media)
        if media is None or clause.quality <= 0:
            continue
        shape = clause.parameters.get("as", "")
        if not shape:
            return Form(media)
        if (
            shape in shapes
            and clause.parameters.get("g") == "meta.k8s.io"
            and clause.parameters.get("v") in ("v1", "v1beta1")
        ):
            return Form(media, shape, clause.parameters["v"])
    return None if clauses else PLAIN


def _clause(part: str) -> _Clause:
    media, *rest = (piece.strip() for piece in part.split(";"))
    parameters = dict(piece.split("=", 1) for piece in rest if "=" in piece)
    try:
        quality = float(parameters.get("q", "1"))
    except ValueError:
        quality = 0.0
    return _Clause(quality, media.lower(), parameters)
