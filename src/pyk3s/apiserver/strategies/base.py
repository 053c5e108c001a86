"""How a kind deviates from the generic registry. The defaults are those of a kind without peculiarities."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pyk3s.apiserver.cache.selection import Field

JSON = dict[str, Any]


@dataclass(kw_only=True)
class Strategy:
    """The generic kind, with what may be said about a kind in one word; subclasses say more."""

    counts_generation: bool = False
    """Whether metadata.generation counts the changes of the spec."""
    returns_deleted: bool = False
    """Whether a deletion answers with the object instead of a Status."""
    orphans_by_default: bool = False
    """Whether dependents stay where a deletion does not say."""
    orphan_warning: str = ""
    """What to tell a client that did not say what becomes of dependents."""
    lazy: bool = False
    """Whether a crash may lose the last writes."""
    empty_status: JSON | None = None
    """What a new object's status is; None for kinds without status."""
    selectable: tuple[Field, ...] = ()
    """Fields that field selectors may use, besides metadata.name and metadata.namespace."""
    unsupported_field: str = "field label not supported: {path}"
    """How an unknown field selector is refused, by kinds that have selectable fields."""
    renamed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By API version that is served besides the stored one: how its names of selectable fields are called in that."""
    indexed: tuple[str, ...] = ()
    """Those by which watchers are found."""
    finalizers: tuple[str, ...] = ()
    """Finalizers that every new object gets."""
    status_keeps_labels: bool = False
    """Whether a status update leaves the labels alone."""

    def complete(self, obj: JSON) -> None:
        """Write what the client's object says only indirectly, before it is noted who owns which field."""

    def prepare_create(self, obj: JSON, now: str) -> None:
        """Bring a new object into its first state."""
        if self.empty_status is not None:
            obj["status"] = dict(self.empty_status)
        if self.counts_generation:
            obj["metadata"]["generation"] = 1

    def prepare_update(self, new: JSON, old: JSON, now: str) -> None:
        """Keep what an update of the main resource may not change, and count generations."""
        if self.empty_status is not None:
            carry(new, old, "status")
        if self.counts_generation and self.changed(new, old):
            new["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1

    def prepare_status(self, new: JSON, old: JSON, now: str) -> None:
        """Keep what an update of the status may not change: everything but status and part of the metadata."""
        for key in [*old, *new]:
            if key not in ("metadata", "status", "kind", "apiVersion"):
                carry(new, old, key)
        metadata, before = new["metadata"], old["metadata"]
        carry(metadata, before, "deletionTimestamp")
        carry(metadata, before, "ownerReferences")
        if self.status_keeps_labels:
            carry(metadata, before, "labels")

    def changed(self, new: JSON, old: JSON) -> bool:
        """Whether an update asks for something else than before, so that the generation counts it."""
        return any(
            new.get(key) != old.get(key)
            for key in new.keys() | old.keys()
            if key not in ("metadata", "status", "kind", "apiVersion")
        )

    def grace(self, obj: JSON, asked: int | None) -> int | None:
        """Seconds between the wish to delete and the deletion; None for kinds that are deleted at once."""
        return None

    def holds(self, obj: JSON) -> bool:
        """Whether something besides finalizers keeps a deleted object alive."""
        return False

    def mark_deleting(self, obj: JSON) -> None:
        """Show in the object that it is being deleted."""

    def allocate(self, obj: JSON, old: JSON | None) -> None:
        """Give the valid object what the server gives out; `old` is what it replaces. Raises StatusError."""

    def replaced(self, new: JSON, old: JSON) -> None:
        """An update has been written: release what only the old object held."""

    def removed(self, obj: JSON) -> None:
        """The object is gone, or was never written: release what it held."""


def carry(new: JSON, old: JSON, key: str) -> None:
    """Let a key be as it was."""
    if key in old:
        new[key] = old[key]
    else:
        new.pop(key, None)
