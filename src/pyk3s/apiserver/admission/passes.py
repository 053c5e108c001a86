"""Mutating webhooks in two passes: if one changed the object, everything that mutates runs once more.

In the second pass only those are asked again that said `reinvocationPolicy: IfNeeded` and that somebody changed the
object after.
"""

from typing import Any, Protocol

import msgspec


class Asked(Protocol):
    """A webhook or policy that can be asked again."""

    @property
    def reinvokes(self) -> bool: ...


class Passes:
    """The passes of one operation."""

    def __init__(self) -> None:
        self.changed = False
        """Whether a second pass is wanted."""
        self.is_second = False
        self._before: list[Asked] = []
        self._due: list[Asked] = []
        self._left = b""

    def begin(self, obj: dict[str, Any]) -> None:
        """A pass reaches the webhooks; what built-in plug-ins changed since they were left is news to all of them."""
        if self.is_second and msgspec.json.encode(obj) != self._left:
            self._require()

    def skips(self, hook: Asked) -> bool:
        """Whether a webhook is not to be asked in this pass."""
        return self.is_second and hook not in self._due

    def asked(self, hook: Asked, *, changed: bool) -> None:
        """A webhook has answered."""
        if changed:
            self.changed = True
            self._require()
        if hook.reinvokes:
            self._before.append(hook)

    def end(self, obj: dict[str, Any]) -> None:
        """A pass leaves the webhooks."""
        if self.changed and not self.is_second:
            self._left = msgspec.json.encode(obj)

    def _require(self) -> None:
        self._due += self._before
        self._before = []
