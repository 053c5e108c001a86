"""Finds the runtime's socket, picks the command, asks, and turns what fails into one line.

The socket comes from --runtime-endpoint, CONTAINER_RUNTIME_ENDPOINT, or a configuration file: that of --config or
CRI_CONFIG_FILE, or the first that exists of the places the caller names.
"""

import asyncio
import pathlib
import time
from collections.abc import Callable, Mapping, Sequence

from pyk3s.cri.runtime import CriError, Runtime
from pyk3s.crictl import arguments, changing, inspecting, listing, streaming
from pyk3s.crictl.arguments import USAGE, Flag, Given
from pyk3s.crictl.command import Call, Command
from pyk3s.lib.failure import Failure
from pyk3s.wire import grpc

GLOBAL = (
    Flag("config", "Configuration file [$CRI_CONFIG_FILE]", "c", "path"),
    Flag("runtime-endpoint", "Socket of the runtime [$CONTAINER_RUNTIME_ENDPOINT]", "r", "path"),
    Flag("image-endpoint", "Socket for images, where it is another [$IMAGE_SERVICE_ENDPOINT]", "i", "path"),
)
COMMANDS: dict[str, Command] = {
    **listing.COMMANDS,
    **inspecting.COMMANDS,
    **streaming.COMMANDS,
    **changing.COMMANDS,
}
HELP = ("--help", "-h", "help")


def run(
    words: Sequence[str],
    environment: Mapping[str, str],
    places: Sequence[pathlib.Path],
    say: Callable[[str], None],
) -> int:
    """Carry out one command; returns its exit status. Raises Failure."""
    if not words or words[0] in HELP:
        say(_overview())
        return 0
    outer = arguments.parse(words, GLOBAL, "crictl")
    word, *rest = outer.operands or [""]
    name, command = _found(word)
    if set(rest) & {"--help", "-h"}:
        say(arguments.usage(f"crictl {name}", command.summary, command.operands, command.flags))
        return 0
    given = arguments.parse(rest, command.flags, f"crictl {name}")
    if len(given.operands) < command.least:
        raise Failure(f"crictl {name} needs {command.operands}", status=USAGE)
    return asyncio.run(_carry_out(command, given, _endpoints(outer, environment, places), say))


def _found(word: str) -> tuple[str, Command]:
    for name, command in COMMANDS.items():
        if word == name or word in command.aliases:
            return name, command
    raise Failure(f"unknown command 'crictl {word}'", remedy=f"there are {', '.join(sorted(COMMANDS))}", status=USAGE)


async def _carry_out(command: Command, given: Given, endpoints: tuple[str, str], say: Callable[[str], None]) -> int:
    cri = Runtime(*(grpc.Channel(endpoint.removeprefix("unix://")) for endpoint in endpoints))
    try:
        return await command.work(Call(cri, given, say, time.time()))
    except CriError as error:
        raise Failure(str(error)) from error
    except OSError as error:
        raise Failure(f"cannot reach the runtime at {endpoints[0]}: {error.strerror or error}") from error
    finally:
        await cri.close()


def _endpoints(outer: Given, environment: Mapping[str, str], places: Sequence[pathlib.Path]) -> tuple[str, str]:
    """For containers, and for images."""
    configured = _configuration(outer.text("config") or environment.get("CRI_CONFIG_FILE", ""), places)
    runtime = (
        outer.text("runtime-endpoint")
        or environment.get("CONTAINER_RUNTIME_ENDPOINT")
        or configured.get("runtime-endpoint", "")
    )
    if not runtime:
        looked = ", ".join(map(str, places))
        raise Failure("no runtime's socket is known", remedy=f"use --runtime-endpoint; none of these exists: {looked}")
    images = outer.text("image-endpoint") or environment.get("IMAGE_SERVICE_ENDPOINT")
    return runtime, images or configured.get("image-endpoint") or runtime


def _configuration(asked: str, places: Sequence[pathlib.Path]) -> dict[str, str]:
    path = pathlib.Path(asked) if asked else next((each for each in places if each.exists()), None)
    if path is None:
        return {}
    import yaml  # only where there is a file to read

    try:
        loaded = yaml.safe_load(path.read_text())
    except OSError as error:
        raise Failure(f"cannot read {path}", remedy=error.strerror or str(error)) from error
    except yaml.YAMLError as error:
        raise Failure(f"{path} is not valid YAML", remedy=" ".join(str(error).split())) from error
    return {str(key): str(value) for key, value in (loaded or {}).items()}


def _overview() -> str:
    lines = [
        f"   {', '.join((name, *COMMANDS[name].aliases)):<20} {COMMANDS[name].summary}" for name in sorted(COMMANDS)
    ]
    title = arguments.usage("crictl", "client for CRI", "COMMAND", GLOBAL)
    return "\n".join([title, "", "COMMANDS:", *lines])
