"""`$(NAME)` in commands, arguments, environment values and sub-paths: `$$` stands for one dollar sign, unknown names
stay as they are.
"""

import re
from collections.abc import Mapping

_REFERENCE = re.compile(r"\$(?:(\$)|\(([^()]*)\))")
UNRESOLVED = re.compile(r"\$\(([^()]*)\)")


def expand(text: str, values: Mapping[str, str]) -> str:
    """Replace every reference to a known name."""

    def replaced(match: re.Match[str]) -> str:
        if match[1]:
            return "$"
        return values.get(match[2], match[0])

    return _REFERENCE.sub(replaced, text)


def unknown_names(text: str, values: Mapping[str, str]) -> list[str]:
    """The names referred to that have no value."""
    return [match[2] for match in _REFERENCE.finditer(text) if not match[1] and match[2] not in values]
