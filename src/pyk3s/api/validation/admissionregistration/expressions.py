"""Whether the CEL expressions of a hook or policy compile, and come to what they should.

An expression that the old object has already is not looked at again, so that a stricter compiler locks nobody out of
what is stored.
"""

from collections.abc import Collection, Iterable

from pyk3s.api import fields
from pyk3s.api.admission import expressions
from pyk3s.api.validation.checks import Errors, Object


class Compiling:
    """Compiles the expressions of one object and notes what is wrong with them."""

    def __init__(self, errors: Errors, known: Iterable[str] = ()):
        self._errors, self._known = errors, frozenset(known)

    def check(
        self,
        holder: Object,
        key: str,
        path: str,
        *,
        names: frozenset[str],
        results: expressions.Results | None,
        variables: Collection[str] = (),
        makes: bool = False,
    ) -> None:
        """Compile what `holder` has under `key`; an empty expression is somebody else's error."""
        source = (holder.get(key) or "").strip()
        if not source or source in self._known:
            return
        try:
            expressions.compiled(source, names, results, variables, makes=makes)
        except expressions.NotCompiled as error:
            self._errors.append(fields.invalid(f"{path}.{key}", source, str(error)))


def found(obj: object) -> set[str]:
    """Every expression in an object."""
    if isinstance(obj, list):
        return {each for item in obj for each in found(item)}
    if not isinstance(obj, dict):
        return set()
    own = {value.strip() for key, value in obj.items() if key in _KEYS and isinstance(value, str)}
    return own | {each for value in obj.values() for each in found(value)}


_KEYS = ("expression", "messageExpression", "valueExpression")
