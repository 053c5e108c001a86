"""The table of a custom kind: its name and its additionalPrinterColumns, or its age if it has none."""

from typing import Any

import msgspec

from pyk3s.api import cells
from pyk3s.api.customresources import paths
from pyk3s.api.tables.columns import AGE, NAME

JSON = dict[str, Any]
CREATED = ".metadata.creationTimestamp"
DESCRIPTION = "Custom resource definition column (in JSONPath format): "


class Table:
    """The columns of one version."""

    def __init__(self, printed: list[JSON]):
        self._printed = printed or [{"name": "Age", "type": "date", "jsonPath": CREATED}]
        self._is_default = not printed
        self._definitions: list[JSON] | None = None

    def definitions(self) -> list[JSON]:
        """The columnDefinitions. The list is shared: do not change it."""
        if self._definitions is None:
            age = AGE.definition()["description"]
            listed = [_definition(column, age if self._is_default else "") for column in self._printed]
            self._definitions = [NAME.definition(), *listed]
        return self._definitions

    def row(self, obj: JSON, now: float) -> list[Any]:
        """The cells of an object."""
        return [obj["metadata"]["name"], *(_cell(column, obj, now) for column in self._printed)]


def _definition(column: JSON, description: str) -> JSON:
    return {
        "name": column["name"],
        "type": column["type"],
        "format": column.get("format", ""),
        "description": column.get("description") or description or DESCRIPTION + column["jsonPath"],
        "priority": column.get("priority", 0),
    }


def _cell(column: JSON, obj: JSON, now: float) -> Any:
    """One value, or null where there is none or it is of another type."""
    found = paths.find(column["jsonPath"], obj)
    if not found:
        return None
    value = found[0]
    match column["type"]:
        case "string":
            return " ".join(map(_text, found))
        case "date":
            return _age(value, now)
        case "boolean":
            return value if isinstance(value, bool) else None
        case "integer" if isinstance(value, int | float) and not isinstance(value, bool):
            return int(value)
        case "number" if isinstance(value, int | float) and not isinstance(value, bool):
            return value
    return None


def _age(value: Any, now: float) -> Any:
    if not isinstance(value, str):
        return None
    try:
        return cells.since(value, now)
    except ValueError:
        return cells.UNKNOWN


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value, order="sorted").decode()
