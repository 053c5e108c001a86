"""Namespaces: a finalizer in the spec keeps them until their content is gone."""

from pyk3s.apiserver.cache.selection import Field
from pyk3s.apiserver.strategies import base

JSON = base.JSON
FINALIZER = "kubernetes"


class Namespaces(base.Strategy):
    """How namespaces differ."""

    def __init__(self) -> None:
        super().__init__(
            empty_status={"phase": "Active"},
            returns_deleted=True,
            selectable=(Field("status.phase"), Field("name", "metadata.name")),
        )

    def prepare_create(self, obj: JSON, now: str) -> None:
        super().prepare_create(obj, now)
        finalizers = obj.setdefault("spec", {}).setdefault("finalizers", [])
        if FINALIZER not in finalizers:
            finalizers.append(FINALIZER)

    def prepare_update(self, new: JSON, old: JSON, now: str) -> None:
        super().prepare_update(new, old, now)
        base.carry(new, old, "spec")

    def prepare_finalize(self, new: JSON, old: JSON, now: str) -> None:
        """An update of the `finalize` sub-resource changes the finalizers of the spec, nothing else."""
        for key in [*old, *new]:
            if key not in ("spec", "metadata", "kind", "apiVersion"):
                base.carry(new, old, key)
        for key in ("labels", "annotations", "finalizers", "ownerReferences"):
            base.carry(new["metadata"], old["metadata"], key)
        spec = new.setdefault("spec", {})
        if not spec.get("finalizers"):
            spec.pop("finalizers", None)

    def holds(self, obj: JSON) -> bool:
        return bool((obj.get("spec") or {}).get("finalizers"))

    def mark_deleting(self, obj: JSON) -> None:
        obj.setdefault("status", {})["phase"] = "Terminating"
        obj["metadata"].pop("deletionGracePeriodSeconds", None)
