"""`--from-file`, `--from-literal` and `--from-env-file`: keys and values of ConfigMaps and Secrets."""

import os
import pathlib
import re
from collections.abc import Mapping

from pyk3s.kubectl.arguments import EACH, Flag
from pyk3s.kubectl.command import Call
from pyk3s.kubectl.errors import CommandError

FLAGS = (
    Flag("from-file", "", EACH, text="[KEY=]FILE, or a folder whose files are keys"),
    Flag("from-literal", "", EACH, text="KEY=VALUE"),
    Flag("from-env-file", "", EACH, text="File of KEY=VALUE lines"),
)
_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_VARIABLE = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")


def read(call: Call, what: str) -> dict[str, bytes]:
    """All keys with their bytes; `what` is the owner in complaints. Raises CommandError."""
    flags = call.flags
    if flags.many("from-env-file") and (flags.many("from-file") or flags.many("from-literal")):
        raise CommandError("from-env-file cannot be combined with from-file or from-literal")
    found: dict[str, bytes] = {}
    for source in flags.many("from-file"):
        for key, path in _files(source):
            _add(found, key, _bytes(path), what)
    for source in flags.many("from-literal"):
        key, equals, value = source.partition("=")
        if not equals or not key:
            raise CommandError(f"invalid literal source {source}, expected key=value")
        _add(found, key, _unquoted(value).encode(), what)
    for source in flags.many("from-env-file"):
        text = _bytes(pathlib.Path(source)).decode("utf-8", "replace")
        for key, value in variables(text, call.context.environment).items():
            _add(found, key, value.encode(), what)
    return found


def _files(source: str) -> list[tuple[str, pathlib.Path]]:
    key, equals, name = source.partition("=")
    if source.count("=") > 1:
        raise CommandError("key names or file paths cannot contain '='")
    if equals and (not key or not name):
        missing = "key name" if not key else "file path"
        raise CommandError(f"{missing} for {'file path ' + name if not key else 'key name ' + key} missing")
    path = pathlib.Path(name if equals else source)
    if not path.exists():
        raise CommandError(f"error reading {path}: no such file or directory")
    if path.is_dir():
        if equals:
            raise CommandError("cannot give a key name for a directory path")
        return [(each.name, each) for each in sorted(path.iterdir()) if each.is_file()]
    return [(key if equals else os.path.basename(source), path)]  # noqa: PTH119 - pathlib drops a trailing slash


def _add(found: dict[str, bytes], key: str, value: bytes, what: str) -> None:
    if not _KEY.fullmatch(key):
        raise CommandError(
            f'"{key}" is not a valid key name for {what.split(" ")[0]}: a valid config key must consist of '
            "alphanumeric characters, "
            "'-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is "
            "'[-._a-zA-Z0-9]+')"
        )
    if key in found:
        raise CommandError(f'cannot add key "{key}", another key by that name already exists in Data for {what}')
    found[key] = value


def _bytes(path: pathlib.Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"open {path}: {(error.strerror or '').lower()}") from error


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value


def variables(text: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of an env file: `NAME=VALUE` lines; a bare NAME takes its value from the environment."""
    found = {}
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = line.lstrip()
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.rstrip("\r").partition("=")
        if not _VARIABLE.fullmatch(name):
            raise CommandError(
                f'"{name}" is not a valid key name on line {number}: a valid environment variable name must '
                "consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit"
            )
        if equals:
            found[name] = value
        elif name in environment:
            found[name] = environment[name]
    return found
