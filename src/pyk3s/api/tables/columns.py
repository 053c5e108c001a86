"""Columns of tables and where their descriptions come from.

Most descriptions are those of the field that a column shows and come out of the schema pack (`doc`); the others are
said here (`says`). The texts of the pack are read once, for all tables together, and only what tables need is kept.
"""

import functools
from typing import Any, NamedTuple

from pyk3s.api.schema import pack

JSON = dict[str, Any]


class Column(NamedTuple):
    """One column; priority 1 shows it only to who asks for more."""

    name: str
    type: str = "string"
    format: str = ""
    priority: int = 0
    doc: str = ""  # `core.v1.Secret.data`: the field whose description this is
    says: str = ""

    def definition(self) -> JSON:
        """As a Table lists it."""
        return {
            "name": self.name,
            "type": self.type,
            "format": self.format,
            "description": _descriptions().get(self.doc, "") if self.doc else self.says,
            "priority": self.priority,
        }


_META = "apimachinery.meta.v1.ObjectMeta"
NAME = Column("Name", format="name", doc=f"{_META}.name")
AGE = Column("Age", doc=f"{_META}.creationTimestamp")
CREATED_AT = Column("Created At", type="date", doc=f"{_META}.creationTimestamp")

_needed: set[str] = {NAME.doc, AGE.doc}


def shows(name: str, doc: str, type: str = "string", *, priority: int = 0, format: str = "") -> Column:
    """A column that shows a field and bears its description."""
    _needed.add(doc)
    return Column(name, type, format, priority, doc=doc)


def says(name: str, description: str, type: str = "string", *, priority: int = 0) -> Column:
    """A column with a description of its own."""
    return Column(name, type, "", priority, says=description)


@functools.cache
def _descriptions() -> dict[str, str]:
    wanted = {_definition(doc): doc for doc in _needed}
    found: dict[str, str] = {}
    for definition, texts in pack.load_texts().items():
        for field, text in texts.items():
            doc = wanted.get((definition, field))
            if doc is not None:
                found[doc] = text
    return found


def _definition(doc: str) -> tuple[str, str]:
    kind, _, field = doc.rpartition(".")
    if kind.startswith("apimachinery."):
        return f"io.k8s.apimachinery.pkg.apis.{kind.removeprefix('apimachinery.')}", field
    return f"io.k8s.api.{kind}", field
