"""Request bodies to objects: bytes are parsed, named, typed and brought into the shape in which the API keeps them.

    obj, warnings = decoding.read(resource, data, content_type, "Warn")

The four steps are also callable alone: `decode` (bytes to a value and repeated keys), `identify` (whose object is it),
`conform` (types, unknown fields, zero values). Errors are StatusErrors with upstream's wording. Nothing here depends on
the size of the input but time; nesting is bounded by the parsers.
"""

import re
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Protocol

import msgspec

from pyk3s.api import catalog, fields, status, yaml_body
from pyk3s.api.schema import conforming, explaining, pack
from pyk3s.api.schema.types import Type

JSON = dict[str, Any]
FieldValidation = Literal["Strict", "Warn", "Ignore"]

JSON_TYPE, YAML_TYPE = "application/json", "application/yaml"
PROTOBUF_TYPE = "application/vnd.kubernetes.protobuf"
ACCEPTED = (JSON_TYPE, YAML_TYPE, PROTOBUF_TYPE)

OPTIONS = "DeleteOptions"  # registered in every group: clients send it in the version of what they delete
SHOWN_OF_BODY = 30  # bytes of an unreadable body that its error shows
SCHEME = "pkg/api/legacyscheme/scheme.go:30"  # upstream names its own source; clients and recordings compare it
IDENTITY = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'

_key_ends = re.compile(rb'"[ \t\r\n]*:').findall
_hides_ends = re.compile(rb"\\u00(22|3[aA])").search  # an escaped quote or colon, which is written bare
_parse = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class Expected(Protocol):
    """What an endpoint takes: a Resource, or a Body."""

    @property
    def group(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def api_version(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def definition(self) -> str: ...


class Body(NamedTuple):
    """A body that is no resource's object: options, scales, evictions, reviews."""

    group: str
    version: str
    kind: str
    definition: str

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version


class Decoded(NamedTuple):
    """A parsed body, and what strict decoding says of its keys."""

    value: Any
    repeated: Sequence[str]


def read(
    expected: Expected, data: bytes, content_type: str, field_validation: FieldValidation
) -> tuple[JSON, list[str]]:
    """The object in a body, conformed, and warnings; raises StatusError 400 or 415."""
    value, repeated = decode(data, content_type, expected.kind, strict=field_validation != "Ignore")
    obj = identify(expected, value, data)
    warnings = conform(expected, obj, field_validation, repeated=repeated)
    check_version(expected, obj)
    return obj, warnings


def decode(data: bytes, content_type: str, kind: str = "", *, strict: bool = True) -> Decoded:
    """Parse a JSON or YAML body; `kind` is what the error says was expected. Raises StatusError 400 or 415."""
    medium = content_type
    if medium not in ACCEPTED:
        medium = content_type.partition(";")[0].strip().lower() or JSON_TYPE
    if medium == JSON_TYPE:
        return _decode_json(data, kind, strict=strict)
    if medium == YAML_TYPE:
        try:
            return Decoded(*yaml_body.parse(data))
        except yaml_body.YamlError as error:
            raise _unrecognised(kind, f"error converting YAML to JSON: {error}", data) from error
    if medium == PROTOBUF_TYPE:
        return _decode_protobuf(data)
    raise unsupported_media_type()


def _decode_protobuf(data: bytes) -> Decoded:
    from pyk3s.api import protobuf  # at first use: its tables cost memory, and few clients send it

    try:
        return Decoded(protobuf.decode(data), ())
    except protobuf.ProtobufError as error:
        raise status.bad_request(str(error)) from error


def unsupported_media_type() -> status.StatusError:
    listed = ", ".join(ACCEPTED)
    message = f"the body of the request was in an unknown format - accepted media types include: {listed}"
    return status.StatusError(415, "UnsupportedMediaType", message)


def identify(expected: Expected, value: Any, data: bytes = b"") -> JSON:
    """Check that a value is an object and may be of the expected kind; fills in missing apiVersion and kind."""
    if value is None:
        value = {}  # an object that says nothing
    if not isinstance(value, dict):
        shown = explaining.shown_kind(value)
        why = f"json parse error: json: cannot unmarshal {shown} into Go value of type {IDENTITY}"
        raise _unrecognised(expected.kind, f"couldn't get version/kind; {why}", data)
    if value.get("kind") == expected.kind and value.get("apiVersion") == expected.api_version:
        return value
    if isinstance(expected, catalog.Resource) and expected.custom:
        return _identify_custom(expected, value)
    for name in ("apiVersion", "kind"):
        if not isinstance(value.get(name, ""), str) and value[name] is not None:
            seen = explaining.shown_kind(value[name])
            why = f"json: cannot unmarshal {seen} into Go struct field .{name} of type string"
            raise _unrecognised(expected.kind, f"couldn't get version/kind; json parse error: {why}", data)
    api_version = value.get("apiVersion") or expected.api_version
    kind = value.get("kind") or expected.kind
    if kind == expected.kind == OPTIONS and _served(api_version):
        api_version = expected.api_version
    elif kind != expected.kind or api_version != expected.api_version:
        _refuse_stranger(expected, kind, api_version)
    value["apiVersion"], value["kind"] = api_version, kind
    return value


def _identify_custom(expected: catalog.Resource, value: JSON) -> JSON:
    """Custom objects say what they are, and in which version; raises 400 or 422."""
    for name in ("kind", "apiVersion"):
        if not isinstance(value.get(name), str) or not value[name]:
            shown = _encode(value).decode()
            raise status.bad_request(f"Object '{name}' is missing in '{shown}'")
    check_version(expected, value)
    if value["kind"] != expected.kind:
        metadata = value.get("metadata")
        name = metadata.get("name", "") if isinstance(metadata, dict) else ""
        error = fields.invalid("kind", value["kind"], f"must be {expected.kind}")
        raise status.invalid(expected.group, value["kind"], name, [error])
    return value


def conform(
    expected: Expected, obj: JSON, field_validation: FieldValidation, *, repeated: Sequence[str] = ()
) -> list[str]:
    """Bring an object into shape in place and return warnings; raises StatusError 400 for what does not fit."""
    custom = expected.custom if isinstance(expected, catalog.Resource) else None
    try:
        unknown = custom.prune(obj) if custom else _conform(pack.load().type(expected.definition), obj)
    except explaining.DoesNotFit as error:
        raise CannotHandle(expected, str(error), restored=error.restored) from error
    except RecursionError as error:
        raise CannotHandle(expected, "json: exceeded max depth") from error
    if not (unknown or repeated) or field_validation == "Ignore":
        return []
    found = [f'unknown field "{path}"' for path in unknown] + list(repeated)
    if field_validation == "Strict":
        raise CannotHandle(expected, f"strict decoding error: {', '.join(found)}")
    return found


def check_version(expected: Expected, obj: JSON) -> None:
    """Refuse an object of another version of the expected kind; raises StatusError 400."""
    if obj["apiVersion"] != (wanted := expected.api_version):
        raise status.bad_request(
            f"the API version in the data ({obj['apiVersion']}) does not match the expected API version ({wanted})"
        )


class CannotHandle(status.StatusError):
    """400: a body cannot be handled as the expected kind; `why` is the reason alone, as patches tell it, `restored` as
    strategic ones do."""

    def __init__(self, expected: Expected, why: str, kind: str = "", version: str = "", *, restored: str = ""):
        seen, in_version = kind or expected.kind, version or expected.version
        message = f'{seen} in version "{in_version}" cannot be handled as a {expected.kind}: {why}'
        super().__init__(400, "BadRequest", message)
        self.why, self.restored = why, restored or why


def _conform(type_: Type, obj: JSON) -> list[str]:
    """Unknown fields, after removing them."""
    check = conforming.checker(type_)
    try:
        check(obj)
    except conforming.Unfit:
        unknown = explaining.unknown_fields(type_, obj)
        check(obj)
        return unknown
    return []


def _served(api_version: str) -> bool:
    return any(each.api_version == api_version for each in pack.load().catalog)


def _refuse_stranger(expected: Expected, kind: str, api_version: str) -> None:
    """Say why an object of another kind or version cannot be taken; returns if only its version is another."""
    group, _, version = api_version.rpartition("/")
    known = [each for each in pack.load().catalog if each.kind == kind and each.group == group]
    if not known or not any(each.version == version for each in known):
        if group == expected.group and kind == expected.kind and version in _RETIRED.get(group, ()):
            return
        why = f'no kind "{kind}" is registered for version "{api_version}" in scheme "{SCHEME}"'
        raise CannotHandle(expected, why, kind, version)
    if kind != expected.kind:
        internal = f"{_internal_package(expected.group)}.{expected.kind}"
        why = f"converting ({version}.{kind}) to ({internal}): unknown conversion"
        raise CannotHandle(expected, why, kind, version)


# Versions that upstream can still read but no longer serves by default.
_RETIRED = {
    "admissionregistration.k8s.io": ("v1beta1", "v1alpha1"),
    "apiextensions.k8s.io": ("v1beta1",),
    "apiregistration.k8s.io": ("v1beta1",),
    "apps": ("v1beta1", "v1beta2"),
    "authentication.k8s.io": ("v1beta1", "v1alpha1"),
    "authorization.k8s.io": ("v1beta1",),
    "batch": ("v1beta1",),
    "certificates.k8s.io": ("v1beta1", "v1alpha1"),
    "coordination.k8s.io": ("v1beta1", "v1alpha2"),
    "discovery.k8s.io": ("v1beta1",),
    "events.k8s.io": ("v1beta1",),
    "flowcontrol.apiserver.k8s.io": ("v1beta1", "v1beta2", "v1beta3"),
    "networking.k8s.io": ("v1beta1",),
    "node.k8s.io": ("v1beta1", "v1alpha1"),
    "policy": ("v1beta1",),
    "rbac.authorization.k8s.io": ("v1beta1", "v1alpha1"),
    "resource.k8s.io": ("v1beta1", "v1beta2", "v1alpha3"),
    "scheduling.k8s.io": ("v1beta1", "v1alpha1"),
    "storage.k8s.io": ("v1beta1", "v1alpha1"),
}


def _internal_package(group: str) -> str:
    return "core" if group in ("", "events.k8s.io") else group.partition(".")[0]


def _unrecognised(kind: str, why: str, data: bytes) -> status.StatusError:
    wanted = f" (must be of type {kind})" if kind else ""
    return status.bad_request(f"the object provided is unrecognized{wanted}: {why} ({_summary(data)})")


def _summary(data: bytes) -> str:
    if not data:
        return "<empty>"
    cut = " ..." if len(data) > SHOWN_OF_BODY else ""
    head = data[:SHOWN_OF_BODY]
    return (head.decode(errors="replace") if head[:1] == b"{" else head.hex()) + cut


def _decode_json(data: bytes, kind: str, *, strict: bool) -> Decoded:
    try:
        value = _parse(data)
    except UnicodeDecodeError:
        return _decode_json(as_utf8(data), kind, strict=strict)
    except (msgspec.DecodeError, RecursionError) as error:
        why = f"couldn't get version/kind; json parse error: {json_error(data, error)}"
        raise _unrecognised(kind, why, data) from error
    if not strict or not _may_repeat_keys(value, data):
        return Decoded(value, ())
    return Decoded(value, [f'duplicate field "{path}"' for path in _RepeatedKeys(data).paths()])


def as_utf8(data: bytes) -> bytes:
    """Bytes that are no UTF-8 become U+FFFD, as Go's JSON decoder reads them."""
    return data.decode(errors="replace").encode()


def _may_repeat_keys(value: Any, data: bytes) -> bool:
    """Whether a body has more keys than what was read from it; cheap, and may say yes without need."""
    if b"\\" not in data:  # texts are written as they are read, so that one colon more is one key more
        return data.count(b":") != _encode(value).count(b":")
    return len(_key_ends(data)) != _encode(value).count(b'":') or _hides_ends(data) is not None


class _Object(dict[str, Any]):
    """A JSON object that remembers which keys came more than once."""

    __slots__ = ("repeated",)

    repeated: list[str]


class _RepeatedKeys:
    """Paths of repeated keys, found by a second, slower reading."""

    def __init__(self, data: bytes):
        import json

        self._paths: list[str] = []
        try:
            self._walk(json.loads(data, object_pairs_hook=self._object), "")
        except (RecursionError, ValueError):
            self._paths = []  # deeper or stranger than this parser reads: the first reading stands

    def paths(self) -> list[str]:
        return self._paths

    @staticmethod
    def _object(pairs: list[tuple[str, Any]]) -> _Object:
        made = _Object(pairs)
        made.repeated = []
        if len(made) != len(pairs):
            seen: set[str] = set()
            made.repeated = [key for key, _ in pairs if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
        return made

    def _walk(self, value: Any, path: str) -> None:
        if isinstance(value, _Object):
            for key in dict.fromkeys(value.repeated):
                self._paths.append(f"{path}.{key}" if path else key)
            for key, inner in value.items():
                self._walk(inner, f"{path}.{key}" if path else key)
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                self._walk(inner, f"{path}[{index}]")


# What the parser says, and what upstream's parser was doing when it met a character that it did not want.
_DOING = (
    ("trailing characters", "after top-level value"),
    ("expected ',' or '}'", "after object key:value pair"),
    ("expected ',' or ']'", "after array element"),
    ("expected ':'", "after object key"),
    ("object keys must be strings", "looking for beginning of object key string"),
    ("expected '\"'", "looking for beginning of object key string"),
    ("trailing comma", "looking for beginning of value"),
    ("invalid escape", "in string escape code"),
    ("control characters", "in string literal"),
    ("number", "in numeric literal"),
)
_ESCAPES = {b"'": "\\'", b"\\": "\\\\", b"\n": "\\n", b"\r": "\\r", b"\t": "\\t", b"\f": "\\f", b"\v": "\\v"}


def _quoted(byte: bytes) -> str:
    """A byte as messages show it."""
    if byte in _ESCAPES:
        return f"'{_ESCAPES[byte]}'"
    return f"'{byte.decode()}'" if b" " <= byte < b"\x7f" else f"'\\x{byte[0]:02x}'" if byte else "''"


def json_error(data: bytes, error: Exception) -> str:
    """What upstream's JSON decoder says of data at which msgspec's failed."""
    if isinstance(error, RecursionError):
        return "json: exceeded max depth"
    told = str(error)
    position = re.search(r"\(byte (\d+)\)", told)
    if "truncated" in told or position is None or not data.strip():
        return "unexpected end of JSON input" if "truncated" in told or not data.strip() else told
    doing = next((text for words, text in _DOING if words in told), "looking for beginning of value")
    at = int(position.group(1)) - ("trailing characters" in told)  # there the parser counts what it has read
    shown = _quoted(data[at : at + 1])
    return f"invalid character {shown} {doing}"
