"""Structured log lines: a constant message plus key/value pairs, one line each, to standard error.

    log = get_logger("scheduler")
    log.info("pod bound", pod="default/web", node="n1")

Lines look like `I 2026-01-31T12:00:00Z scheduler "pod bound" pod=default/web node=n1`.
"""

import sys
import time
from typing import Any, TextIO

LEVELS = {"D": 10, "I": 20, "W": 30, "E": 40}
_settings: dict[str, Any] = {"threshold": 20, "streams": ()}


def configure(*, debug: bool = False, stream: TextIO | None = None, also_stderr: bool = False) -> None:
    """Set what is written and where; by default information and above to standard error."""
    _settings.update(threshold=10 if debug else 20, streams=(stream,) if stream else ())
    if stream and also_stderr:
        _settings["streams"] = (stream, sys.stderr)


class Logger:
    """Writes the lines of one component."""

    __slots__ = ("_component",)

    def __init__(self, component: str):
        self._component = component

    def debug(self, message: str, **pairs: object) -> None:
        self._write("D", message, pairs)

    def info(self, message: str, **pairs: object) -> None:
        self._write("I", message, pairs)

    def warning(self, message: str, **pairs: object) -> None:
        self._write("W", message, pairs)

    def error(self, message: str, **pairs: object) -> None:
        self._write("E", message, pairs)

    def _write(self, level: str, message: str, pairs: dict[str, object]) -> None:
        if LEVELS[level] < _settings["threshold"]:
            return
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        tail = "".join(f" {key}={_shown(value)}" for key, value in pairs.items())
        for stream in _settings["streams"] or (sys.stderr,):
            stream.write(f'{level} {stamp} {self._component} "{message}"{tail}\n')
            stream.flush()


def _shown(value: object) -> str:
    text = str(value)
    return repr(text) if not text or any(character in text for character in " \n\t\"'") else text


def get_logger(component: str) -> Logger:
    """The logger of a component; cheap, so modules make one at import."""
    return Logger(component)
