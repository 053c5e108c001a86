"""CustomResourceDefinitions: a first status that says nothing is accepted yet, and which version is stored."""

from pyk3s.apiserver.strategies import base

JSON = base.JSON


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

    def prepare_update(self, new: JSON, old: JSON, now: str) -> None:
        super().prepare_update(new, old, now)
        kept = list(new["status"].get("storedVersions") or [])
        new["status"] = {**new["status"], "storedVersions": kept}
        kept += [version for version in stored_versions(new) if version not in kept]


def stored_versions(obj: JSON) -> list[str]:
    """The version that a definition wants its objects stored in."""
    return [version["name"] for version in obj["spec"].get("versions") or () if version.get("storage")]
