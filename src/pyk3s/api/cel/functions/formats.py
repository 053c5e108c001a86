"""Named formats: `format.dns1123Label().validate(text)` gives the faults of a text, or none.

The library does not let us declare optional results; to the checker they may be anything.
"""

from collections.abc import Callable

from pyk3s.api import names
from pyk3s.api.cel import evaluation
from pyk3s.api.cel.declarations import Function, function, method, overload
from pyk3s.api.cel.evaluation import EvaluationError
from pyk3s.api.cel.values import VALUE, Opaque, opaque
from pyk3s.api.validation.customresources import formats

FORMAT = "kubernetes.NamedFormat"


def _prefix(check: Callable[[str], tuple[str, ...]]) -> Callable[[str], tuple[str, ...]]:
    """Of what the server completes: it may end with a dash."""
    return lambda text: check(text[:-1] + "a" if text.endswith("-") else text)


def _checked(name: str, told: str) -> Callable[[str], tuple[str, ...]]:
    return lambda text: () if formats.fits(name, text) else (told,)


CHECKS: dict[str, Callable[[str], tuple[str, ...]]] = {
    "dns1123Label": names.label,
    "dns1123Subdomain": names.subdomain,
    "dns1035Label": names.label_1035,
    "qualifiedName": names.qualified_name,
    "dns1123LabelPrefix": _prefix(names.label),
    "dns1123SubdomainPrefix": _prefix(names.subdomain),
    "dns1035LabelPrefix": _prefix(names.label_1035),
    "labelValue": names.label_value,
    "uri": _checked("uri", "must be a valid URI"),
    "uuid": _checked("uuid", "does not match the UUID format"),
    "byte": _checked("byte", "invalid base64"),
    "date": _checked("date", "invalid date"),
    "datetime": _checked("datetime", "invalid datetime"),
}


def named(name: str) -> Opaque:
    """Empty for a name that no format has."""
    return opaque(FORMAT, name) if name in CHECKS else {}


def validate(format_: Opaque, text: str) -> list[str]:
    evaluation.spend_reading(text, times=2)
    check = CHECKS.get(format_[VALUE])
    if check is None:
        raise EvaluationError("no such overload")
    return list(check(text))


def _constant(name: str) -> Callable[[], Opaque]:
    return lambda: opaque(FORMAT, name)


FORMATS: tuple[Function, ...] = (
    *(function(f"format.{name}", overload("", FORMAT, _constant(name))) for name in CHECKS),
    function("format.named", overload("string", "dyn", named), optional=True),
    method("validate", overload(f"{FORMAT} string", "dyn", validate), optional=True),
)
