"""JSON as kubectl writes it: four blanks, sorted keys, and Go's escapes of what HTML would mind."""

import json
from typing import Any

_ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def dump(value: Any) -> str:
    """One indented document with its newline."""
    return json.dumps(value, indent=4, sort_keys=True, ensure_ascii=False).translate(_ESCAPES) + "\n"


def compact(value: Any, *, escape: bool = True) -> str:
    """One line, without blanks."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return text.translate(_ESCAPES) if escape else text
