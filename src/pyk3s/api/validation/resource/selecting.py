"""Selectors of devices: CEL expressions over one `device` that must come to a bool.

`device` is checked as upstream declares it down to the domains of its attributes and capacities; what lies in them has
no static type. What an expression may cost is bounded where it is evaluated, not estimated here. The compiler is
imported with the first expression.
"""

import functools
from typing import TYPE_CHECKING, Any

from pyk3s.api import fields
from pyk3s.api.validation.checks import Errors, Object

if TYPE_CHECKING:
    from pyk3s.api.cel.syntax import Checked

MOST_SELECTORS = 32
MOST_BYTES = 10 * 1024
"""Of one expression."""


def selectors(given: list[Object], path: str, errors: Errors, *, compiled: bool = False) -> None:
    """Check selectors; `compiled` says that they stand in the stored object as they are, and are not judged again."""
    if len(given) > MOST_SELECTORS:
        errors.append(fields.too_many(path, len(given), MOST_SELECTORS))
    for index, selector in enumerate(given):
        at = f"{path}[{index}].cel"
        if (cel := selector.get("cel")) is None:
            errors.append(fields.required(at))
        elif not (source := cel.get("expression")):
            errors.append(fields.required(f"{at}.expression"))
        elif not compiled:
            _expression(source, f"{at}.expression", errors)


def _expression(source: str, path: str, errors: Errors) -> None:
    if len(source.encode()) > MOST_BYTES:
        errors.append(fields.too_long(path, MOST_BYTES))
        return
    from pyk3s.api.cel import compiling, syntax

    try:
        checked = _checked(source)
    except compiling.CompileError as wrong:
        errors.append(fields.invalid(path, source, str(wrong)))
        return
    made = syntax.spelled(checked.types.get(checked.root.get("id", 0)) or {})
    if made not in ("bool", "dyn"):
        errors.append(fields.invalid(path, source, f"must evaluate to bool or the unknown type, not {made}"))


def _checked(source: str) -> "Checked":
    from pyk3s.api.cel import compiling

    return compiling.checked_in(_environment(), source)


@functools.cache
def _environment() -> Any:
    """What knows the type of `device`."""
    from pyk3s.api.cel.declared import ANY, MAP, OBJECT, Declared
    from pyk3s.api.cel.messages import Messages

    by_domain = Declared(MAP, element=ANY)
    device = Declared(
        OBJECT,
        fields={
            "driver": Declared("string"),
            "attributes": by_domain,
            "capacity": by_domain,
            "allowMultipleAllocations": Declared("bool"),
        },
    )
    return Messages(device).environment({"device": device})
