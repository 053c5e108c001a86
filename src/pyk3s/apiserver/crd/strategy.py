"""How custom kinds differ from the generic one: generations, status as a sub-resource, selectable fields."""

from pyk3s.api import status
from pyk3s.api.customresources.kind import CustomKind
from pyk3s.apiserver.cache.selection import Field
from pyk3s.apiserver.strategies import base

JSON = base.JSON
TERMINATING = "create not allowed while custom resource definition is terminating"


class Custom(base.Strategy):
    """The strategy of one custom kind, in the version in which it is stored."""

    def __init__(self, kind: CustomKind):
        super().__init__(counts_generation=True, selectable=tuple(Field(name) for name in kind.selectable))
        self._kind = kind

    def prepare_create(self, obj: JSON, now: str) -> None:
        if self._kind.terminating:
            raise status.StatusError(405, "MethodNotAllowed", TERMINATING)
        if self._kind.has_status:
            obj.pop("status", None)
        obj["metadata"]["generation"] = 1

    def prepare_update(self, new: JSON, old: JSON, now: str) -> None:
        if self._kind.has_status:
            base.carry(new, old, "status")
        super().prepare_update(new, old, now)

    def prepare_status(self, new: JSON, old: JSON, now: str) -> None:
        """Everything but the status stays, labels and finalizers too."""
        for key in [*old, *new]:
            if key not in ("metadata", "status", "kind", "apiVersion"):
                base.carry(new, old, key)
        managed = new["metadata"].get("managedFields")
        new["metadata"] = {**old["metadata"], "managedFields": managed}
        if managed is None:
            del new["metadata"]["managedFields"]

    def changed(self, new: JSON, old: JSON) -> bool:
        ignored = ("metadata", "kind", "apiVersion", *(("status",) if self._kind.has_status else ()))
        return any(new.get(key) != old.get(key) for key in new.keys() | old.keys() if key not in ignored)
