"""What a check says about a pod, and the words that all checks share."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

JSON = dict[str, Any]


class Pod(NamedTuple):
    """What checks look at."""

    metadata: JSON
    spec: JSON
    minor: int

    @property
    def security(self) -> JSON:
        return self.spec.get("securityContext") or {}

    @property
    def is_windows(self) -> bool:
        return (self.spec.get("os") or {}).get("name") == "windows"

    def containers(self) -> Iterator[JSON]:
        """Containers of every kind."""
        for kind in ("initContainers", "containers", "ephemeralContainers"):
            yield from self.spec.get(kind) or ()

    def contexts(self) -> Iterator[tuple[str, JSON]]:
        """Name and security context of every container."""
        for container in self.containers():
            yield container["name"], container.get("securityContext") or {}


class Finding(NamedTuple):
    """Why a pod is not allowed, in short and in full."""

    reason: str
    detail: str

    def __str__(self) -> str:
        return f"{self.reason} ({self.detail})" if self.detail else self.reason


class Check(NamedTuple):
    """One rule. `since` is the first minor release that has it; `replaces` names the check that it is stricter than."""

    name: str
    find: Callable[[Pod], Finding | None]
    since: int = 0
    replaces: str = ""


def quoted(values: Iterable[str]) -> str:
    return ", ".join(f'"{value}"' for value in values)


def plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def containers(names: list[str]) -> str:
    """`container "a"`, `containers "a", "b"`."""
    return f"{plural('container', len(names))} {quoted(names)}"


def setters(pod: bool, names: list[str]) -> str:
    """`pod and containers "a", "b"`."""
    return " and ".join((*(("pod",) if pod else ()), *((containers(names),) if names else ())))
