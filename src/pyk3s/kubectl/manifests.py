"""`-f`: objects of files, folders and standard input, JSON or YAML with any number of documents.

URLs and kustomizations are refused in words: nothing is fetched but from the API server.
"""

import pathlib
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from pyk3s.api import selectors, yaml_body
from pyk3s.kubectl.arguments import LIST, SWITCH, Flag
from pyk3s.kubectl.command import Call
from pyk3s.kubectl.errors import CommandError

JSON = dict[str, Any]
EXTENSIONS = (".json", ".yaml", ".yml")
FLAGS = (
    Flag("filename", "f", LIST, text="File, folder or - with the objects; may be repeated"),
    Flag("recursive", "R", SWITCH, text="Go into the folders below a folder too"),
    Flag("kustomize", "k", text="Refused: apply the output of kustomize with -f -"),
)
_SEPARATOR = re.compile(rb"(?m)^---(?=[ \t\r\n]|$)[^\n]*\n?")


class Manifest(NamedTuple):
    """An object and where it was written."""

    source: str
    object: JSON


def wanted(call: Call) -> bool:
    """Whether files were named; a kustomization is refused."""
    if call.flags.text("kustomize"):
        raise CommandError(
            "-k is refused by the built-in kubectl: it has no kustomize; "
            "run `kustomize build FOLDER` elsewhere and give its output to -f -"
        )
    return bool(call.flags.many("filename"))


def read(call: Call) -> list[Manifest]:
    """Every object of the files named that --selector allows, lists opened. Raises CommandError."""
    found: list[Manifest] = []
    for name in call.flags.many("filename"):
        if name.startswith(("http://", "https://")):
            raise CommandError(f"-f {name} is refused by the built-in kubectl: download the file and name it")
        if name == "-":
            found += _parsed("STDIN", call.context.stdin.read())
            continue
        for path in _files(name, recursive=call.flags.on("recursive")):
            found += _parsed(str(path), bytes_of(path))
    wanted = _selector(call)
    opened = [inner for each in found for inner in _opened(each)]
    return [each for each in opened if wanted.matches((each.object.get("metadata") or {}).get("labels"))]


def _selector(call: Call) -> selectors.LabelSelector:
    """Which objects of the files are meant, by their labels there."""
    text = call.flags.text("selector") if "selector" in call.flags.names else ""
    try:
        return selectors.parse_labels(text)
    except selectors.SelectorError as error:
        raise CommandError(str(error)) from error


def _files(name: str, *, recursive: bool) -> Sequence[pathlib.Path]:
    path = pathlib.Path(name)
    if not path.exists():
        raise CommandError(f'the path "{name}" does not exist')
    if not path.is_dir():
        return [path]
    found = path.rglob("*") if recursive else path.glob("*")
    files = sorted(each for each in found if each.suffix in EXTENSIONS and each.is_file())
    if not files:
        raise CommandError(f"error reading [{name}]: recognized file extensions are [{' '.join(EXTENSIONS)}]")
    return files


def bytes_of(path: str | pathlib.Path) -> bytes:
    """A file's bytes; raises CommandError."""
    try:
        return pathlib.Path(path).read_bytes()
    except OSError as error:
        raise CommandError(f"open {path}: {(error.strerror or '').lower()}") from error


def _parsed(source: str, data: bytes) -> Iterator[Manifest]:
    for document in documents(source, data):
        if why := _misshapen(document):
            raise CommandError(
                f'error validating "{source}": error validating data: {why}; '
                "if you choose to ignore these errors, turn validation off with --validate=false"
            )
        yield Manifest(source, document)


def _misshapen(document: Any) -> str:
    """What makes a document no object; nothing where it is one."""
    if not isinstance(document, dict):
        return "invalid object to validate"
    missing = [f"{name} not set" for name in ("apiVersion", "kind") if not document.get(name)]
    if missing:
        return missing[0] if len(missing) == 1 else f"[{', '.join(missing)}]"
    for name in ("apiVersion", "kind"):
        if not isinstance(document[name], str):
            return f"{name} is not text"
    metadata = document.get("metadata")
    if not isinstance(metadata, dict | None):
        return "metadata is not a mapping"
    for name in ("annotations", "labels"):
        if not isinstance((metadata or {}).get(name), dict | None):
            return f"metadata.{name} is not a mapping"
    return ""


def documents(source: str, data: bytes) -> Iterator[Any]:
    """The values of a stream of documents, empty ones left out; raises CommandError."""
    if data.lstrip().startswith(b"{") and (found := _json_documents(data)) is not None:
        yield from found
        return
    for part in _SEPARATOR.split(data):
        if not part.strip():
            continue
        try:
            value, _ = yaml_body.parse(part)
        except yaml_body.YamlError as error:
            raise CommandError(f"error parsing {source}: error converting YAML to JSON: {error}") from error
        if value is not None:
            yield value


def _json_documents(data: bytes) -> list[Any] | None:
    """JSON values one after the other; None where it is not JSON: YAML may begin with a brace too."""
    import json

    text, place = data.decode("utf-8", "replace").rstrip(), 0
    found: list[Any] = []
    decoder = json.JSONDecoder()
    try:
        while place < len(text):
            while text[place].isspace():
                place += 1
            value, place = decoder.raw_decode(text, place)
            found.append(value)
    except ValueError:
        return None
    return found


def _opened(manifest: Manifest) -> Iterator[Manifest]:
    """A list's items, or the object itself."""
    obj = manifest.object
    if isinstance(obj.get("items"), list) and obj["kind"].endswith("List"):
        for item in obj["items"]:
            if isinstance(item, dict):
                kind = obj["kind"].removesuffix("List")
                typed = {"apiVersion": obj["apiVersion"], "kind": kind, **item} if kind else item
                yield Manifest(manifest.source, typed)
    else:
        yield manifest
