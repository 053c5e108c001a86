"""CustomResourceDefinitions: a first status that says nothing is accepted yet, and which version is stored.

A definition that is to be deleted waits until its objects are gone: the finalizer that it gets then stands for them.
"""

from pyk3s.api.customresources import naming
from pyk3s.apiserver.strategies import base

JSON = base.JSON


PENDING = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon"


class Definitions(base.Strategy):
    """How CustomResourceDefinitions differ."""

    def __init__(self) -> None:
        super().__init__(counts_generation=True, empty_status={})

    def prepare_create(self, obj: JSON, now: str) -> None:
        super().prepare_create(obj, now)
        obj["status"] = {
            "conditions": None,
            "acceptedNames": {"plural": "", "kind": ""},
            "storedVersions": stored_versions(obj),
        }

    def holds(self, obj: JSON) -> bool:
        return not obj["metadata"].get("deletionTimestamp")

    def mark_deleting(self, obj: JSON) -> None:
        metadata = obj["metadata"]
        held = metadata.setdefault("finalizers", [])
        if naming.FINALIZER in held:
            return
        held.append(naming.FINALIZER)
        conditions = obj["status"]["conditions"] = obj["status"].get("conditions") or []
        when = metadata["deletionTimestamp"]
        naming.put(conditions, naming.TERMINATING, "True", "InstanceDeletionPending", PENDING, when)

    def prepare_update(self, new: JSON, old: JSON, now: str) -> None:
        super().prepare_update(new, old, now)
        kept = list(new["status"].get("storedVersions") or [])
        new["status"] = {**new["status"], "storedVersions": kept}
        kept += [version for version in stored_versions(new) if version not in kept]


def stored_versions(obj: JSON) -> list[str]:
    """The version that a definition wants its objects stored in."""
    return [version["name"] for version in obj["spec"].get("versions") or () if version.get("storage")]
