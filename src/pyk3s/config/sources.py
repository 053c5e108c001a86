"""The three sources of configuration, each read into `{flag name: list of texts}`: arguments, environment, YAML files.

Rules of K3s: a key of config.yaml is a long flag name; drop-ins in config.yaml.d are read in alphabetical order and a
later file wins per key; `key+` appends; an argument beats the environment, which beats the files. A key that nobody
knows is skipped with a warning; one that names a flag of K3s that is not supported is refused as the flag is.
"""

import pathlib
from collections.abc import Iterable, Mapping, Sequence

from pyk3s.config.flags import BY_NAME, FLAGS, Flag, Kind
from pyk3s.lib import log
from pyk3s.lib.failure import Failure

Given = dict[str, list[str]]
USAGE = 2

_log = log.get_logger("config")


def from_arguments(
    arguments: Sequence[str],
    table: Mapping[str, Flag] = BY_NAME,
    *,
    command: str = "k3s server",
    operands: list[str] | None = None,
) -> Given:
    """`--name value`, `--name=value`, `-n value`; a switch may stand alone or be given `=true` or `=false`.

    Words that are no flags are appended to `operands`, or refused where that is None.
    """
    given: Given = {}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if not word.startswith("-"):
            if operands is None:
                raise Failure(f"unexpected argument {word!r}", remedy="flags begin with --", status=USAGE)
            operands.append(word)
            continue
        name, joined, value = word.lstrip("-").partition("=")
        flag = known(name, f"flag {word.partition('=')[0]}", table, command)
        if not joined:
            if flag.kind is Kind.SWITCH:
                value = "true"
            elif rest:
                value = rest.pop(0)
            else:
                raise Failure(f"flag --{flag.name} needs a value", status=USAGE)
        given.setdefault(flag.name, []).append(value)
    return given


def from_environment(environment: Mapping[str, str], flags: Iterable[Flag] = FLAGS) -> Given:
    """The K3S_* variables that stand for flags; empty ones count as absent."""
    return {flag.name: [value] for flag in flags if flag.env and (value := environment.get(flag.env))}


def from_files(
    main: pathlib.Path,
    *,
    must_exist: bool,
    wanted: Mapping[str, Flag] | None = None,
    table: Mapping[str, Flag] = BY_NAME,
) -> Given:
    """config.yaml and its drop-ins. A missing default file is fine; one that was asked for must be there.

    The file is the server's or the agent's, whose flags are `table`: a command that has flags of its own takes those
    `wanted` from it and leaves the rest.
    """
    drop_ins = pathlib.Path(f"{main}.d")
    try:
        paths = [main] if _exists(main) else []
        paths += sorted(path for path in _listed(drop_ins) if path.suffix in (".yaml", ".yml"))
    except OSError as error:
        raise Failure(f"cannot read config file {error.filename}", remedy=error.strerror or str(error)) from error
    if must_exist and main not in paths:
        raise Failure(f"cannot read config file {main}", remedy="it does not exist")
    given: Given = {}
    for path in paths:
        loaded = _read(path)
        if wanted is not None:
            loaded = {key: value for key, value in loaded.items() if key.removesuffix("+") in wanted}
        _merge(given, loaded, path, table)
    return given


def _exists(path: pathlib.Path) -> bool:
    """Raises OSError where that cannot be told, as in a folder that is closed to us."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _listed(folder: pathlib.Path) -> list[pathlib.Path]:
    return list(folder.iterdir()) if _exists(folder) else []


def known(name: str, called: str, table: Mapping[str, Flag] = BY_NAME, command: str = "k3s server") -> Flag:
    """The flag of that name, refusing what does not exist and what is not supported."""
    flag = table.get(name)
    if flag is None:
        raise Failure(f"unknown {called}", remedy=f"`{command} --help` lists what there is", status=USAGE)
    if flag.refused:
        raise Failure(f"{called} is refused", remedy=flag.refused, status=USAGE)
    return flag


def _read(path: pathlib.Path) -> dict[str, object]:
    import yaml  # only a start with a config file pays for YAML

    try:
        loaded = yaml.safe_load(path.read_text())
    except OSError as error:
        raise Failure(f"cannot read config file {path}", remedy=error.strerror or str(error)) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        where = " ".join(str(error).split())
        raise Failure(f"config file {path} is not valid YAML", remedy=where) from error
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise Failure(f"config file {path} is not a map of flag names to values")
    return {str(key): value for key, value in loaded.items()}


def _merge(given: Given, loaded: dict[str, object], path: pathlib.Path, table: Mapping[str, Flag]) -> None:
    for key, value in loaded.items():
        name = key.removesuffix("+")
        if name not in table:
            _log.warning("unknown key in a config file, skipped", key=name, file=path)
            continue
        flag = known(name, f"key {name!r} in {path}", table)
        members = value if isinstance(value, list) else [value]
        if any(isinstance(member, list | dict) for member in members):
            raise Failure(f"key {name!r} in {path} is neither a value nor a list of values")
        texts = [_text(member) for member in members]
        given[flag.name] = given.get(flag.name, []) + texts if key.endswith("+") else texts


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
