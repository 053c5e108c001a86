"""Runs one kubectl command: finds it, reads its flags, does it, and turns what went wrong into words and a status."""

import asyncio
import importlib
import os
import signal
from collections.abc import Mapping, Sequence
from typing import IO, Any

from pyk3s.client.errors import ApiError
from pyk3s.kubectl import arguments, catalogue
from pyk3s.kubectl.command import AnyCommand, Call, Command, Group
from pyk3s.kubectl.context import GLOBAL_FLAGS, Context
from pyk3s.kubectl.errors import CommandError, Ended, told, usage

INTERRUPTED = 130
HELP = arguments.Flag("help", "h", arguments.SWITCH)


def run(words: Sequence[str], out: IO[str], err: IO[str], stdin: IO[bytes], environment: Mapping[str, str]) -> int:
    """One command; returns its exit status."""
    context = Context(out, err, stdin, environment)
    try:
        return asyncio.run(_run(context, list(words)))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output has seen enough
        _write_nowhere(out)
        return 128 + signal.SIGPIPE
    finally:
        with _ignored_pipe():
            out.flush()


async def _run(context: Context, words: list[str]) -> int:
    try:
        return await _chosen(context, words)
    except Ended as ended:
        return ended.status
    except (CommandError, ApiError) as error:
        context.complain(told(error))
        return error.status if isinstance(error, CommandError) else 1
    except arguments.FlagError as error:
        context.complain(f"error: {error}")
        return 1
    finally:
        await context.close()


async def _chosen(context: Context, words: list[str]) -> int:
    path, found, rest = find(words)
    if found is None:
        context.say(_help().overview())
        return 0
    if isinstance(found, Command):
        return await execute(context, path, found, rest)
    if found.own is None:
        return _group(context, path, found, rest)
    return await execute(context, path, found.own, rest)


def find(words: list[str]) -> tuple[str, AnyCommand | None, list[str]]:
    """The command that the first words name, how it is called, and the words that are left for it.

    Global flags may come before the command's name. Raises CommandError for an unknown name.
    """
    leading, names = _leading(words)
    if not names or (names[0] == "help" and len(names) == 1):
        return "", None, leading
    if names[0] == "help":
        names = [*names[1:], "--help"]
    module = catalogue.COMMANDS.get(names[0])
    if module is None:
        raise CommandError(f'unknown command "{names[0]}" for "kubectl"')
    found: AnyCommand = importlib.import_module(f"pyk3s.kubectl.commands.{module}").COMMAND
    path, rest = [names[0]], names[1:]
    while isinstance(found, Group):
        before, below = _leading(rest)
        inner = found.commands.get(below[0]) if below else None
        if inner is None:
            break
        found, rest = inner, [*before, *below[1:]]
        path.append(below[0])
    return " ".join(path), found, [*leading, *rest]


def _leading(words: list[str]) -> tuple[list[str], list[str]]:
    """Global flags before the first word that is none, and the rest."""
    takes_value = {f"--{flag.name}" for flag in GLOBAL_FLAGS if flag.kind != arguments.SWITCH}
    takes_value |= {f"-{flag.short}" for flag in GLOBAL_FLAGS if flag.short}
    place = 0
    while place < len(words) and words[place].startswith("-") and words[place] != "--":
        if words[place] not in takes_value and not _is_global(words[place]):
            break
        place += 2 if words[place] in takes_value else 1
    return words[:place], words[place:]


def _is_global(word: str) -> bool:
    name = word.lstrip("-").partition("=")[0]
    return any(name == flag.name or (flag.short and word.startswith(f"-{flag.short}")) for flag in GLOBAL_FLAGS)


def _group(context: Context, path: str, group: Group, rest: list[str]) -> int:
    _, below = _leading(rest)
    names = [word for word in below if not word.startswith("-")]
    if names and not {"-h", "--help"} & set(rest):
        raise usage(f'unknown command "{names[0]}"', path)
    if {"-h", "--help"} & set(rest):
        context.say(_help().group(path, group))
        return 0
    context.complain(_help().group(path, group))
    return 1


async def execute(context: Context, path: str, command: Command, words: list[str]) -> int:
    """Read the flags of a command and do it."""
    declared = (*command.flags, *_globals_beside(command), HELP)
    try:
        parsed = arguments.parse(declared, words)
    except arguments.FlagError as error:
        raise CommandError(f"{error}\nSee 'kubectl {path} --help' for usage.") from error
    if parsed.flags.on("help"):
        context.say(_help().command(path, command))
        return 0
    context.flags = parsed.flags.only(GLOBAL_FLAGS, without=command.flags)
    status = await command.run(Call.of(context, parsed, path))
    if context.warned and parsed.flags.on("warnings-as-errors"):
        raise CommandError("1 warning received")
    return status


def _help() -> Any:
    from pyk3s.kubectl import helping  # needed by those who ask for it alone

    return helping


def _globals_beside(command: Command) -> list[arguments.Flag]:
    """Global flags, without the letters that the command uses itself."""
    taken = {flag.short for flag in command.flags if flag.short}
    names = {flag.name for flag in command.flags}
    kept = [flag for flag in GLOBAL_FLAGS if flag.name not in names]
    return [flag._replace(short="") if flag.short in taken else flag for flag in kept]


def _write_nowhere(out: IO[str]) -> None:
    """Let what is still buffered go where nobody complains of it at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, out.fileno())
    os.close(nowhere)


class _ignored_pipe:
    """The last words to a reader that has gone are lost, and nobody minds."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        return isinstance(error, BrokenPipeError)
