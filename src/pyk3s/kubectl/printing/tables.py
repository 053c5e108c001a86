"""The server's tables as rows of text: which columns, namespaces, kinds and labels are shown. Pure."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pyk3s.api import cells

JSON = dict[str, Any]
NO_LABELS = "<none>"


class Look(NamedTuple):
    """What beside the cells is shown."""

    wide: bool = False
    namespaces: bool = False
    kind: str = ""
    """Put before names, with a slash."""
    labels: bool = False
    label_columns: tuple[str, ...] = ()


def header(columns: Sequence[JSON], look: Look) -> list[str]:
    """The names of the columns shown."""
    names = [str(columns[place]["name"]).upper() for place in shown_columns(columns, look)]
    names += [label.rpartition("/")[2].upper() for label in look.label_columns]
    return [*(["NAMESPACE"] if look.namespaces else []), *names, *(["LABELS"] if look.labels else [])]


def shown_columns(columns: Sequence[JSON], look: Look) -> list[int]:
    """The places of the columns shown; the others are for wide tables."""
    return [place for place, column in enumerate(columns) if look.wide or not column.get("priority")]


def row(columns: Sequence[JSON], found: JSON, look: Look) -> list[str]:
    """The cells of one row."""
    values = found.get("cells") or []
    metadata = (found.get("object") or {}).get("metadata") or {}
    texts = [text(values[place]) if place < len(values) else "" for place in shown_columns(columns, look)]
    if look.kind and texts:
        texts[0] = f"{look.kind}/{texts[0]}"
    labels = metadata.get("labels") or {}
    texts += [labels.get(label, "") for label in look.label_columns]
    if look.labels:
        texts.append(",".join(f"{key}={labels[key]}" for key in sorted(labels)) or NO_LABELS)
    return [metadata.get("namespace", ""), *texts] if look.namespaces else texts


def text(cell: Any) -> str:
    """A cell as text: its first line, and dots if there are more."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, list):
        return f"[{' '.join(map(text, cell))}]"
    plain = str(cell)
    for place, letter in enumerate(plain):
        if letter in "\n\r\f":
            return plain[:place] + "..."
    return plain


def of_objects(objects: Sequence[JSON], now: float) -> JSON:
    """A table for objects of a server that makes none: names and when they were made."""
    columns = [{"name": "Name", "type": "string"}, {"name": "Age", "type": "date"}]
    listed = [{"cells": [obj["metadata"].get("name"), cells.age(obj, now)], "object": obj} for obj in objects]
    return {"kind": "Table", "columnDefinitions": columns, "rows": listed}
