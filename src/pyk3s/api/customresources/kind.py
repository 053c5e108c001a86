"""One version of a custom kind, compiled from its definition: what happens to its objects, as pure functions.

A `catalog.Resource` carries it as `custom`; built-in resources have none.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from pyk3s.api import fields
from pyk3s.api.customresources import paths, pruning, ratcheting, structural
from pyk3s.api.customresources.columns import Table
from pyk3s.api.fields import FieldError
from pyk3s.api.schema.types import Type
from pyk3s.api.validation.customresources import scales, values

if TYPE_CHECKING:
    from pyk3s.api.customresources import enforcing

JSON = dict[str, Any]
BLOCKING = frozenset(
    ("FieldValueNotSupported", "FieldValueTypeInvalid", "FieldValueRequired", "FieldValueTooLong", "FieldValueTooMany")
)
UNCHECKED = (
    "some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation"
)


class CustomKind:
    """One version of one definition."""

    def __init__(self, definition: JSON, version: JSON):
        spec, status = definition["spec"], definition.get("status") or {}
        names = status.get("acceptedNames") or spec["names"]
        self.group, self.version, self.name = spec["group"], version["name"], names["kind"]
        self.list_kind: str = names.get("listKind") or f"{names['kind']}List"
        self.schema: JSON = (version.get("schema") or {}).get("openAPIV3Schema") or {}
        subresources = version.get("subresources") or {}
        self.has_status = "status" in subresources
        self.scale: JSON | None = subresources.get("scale")
        self.table = Table(version.get("additionalPrinterColumns") or [])
        self.selectable = tuple(
            ".".join(paths.simple(each["jsonPath"])) for each in version.get("selectableFields") or ()
        )
        self.terminating = bool(definition["metadata"].get("deletionTimestamp"))
        self.warning = _warning(self, version)
        several = len(spec["versions"]) > 1
        self.stored_as_shown = definition["metadata"].get("generation", 1) == 1 and not several
        """Whether every object was written under this very schema, so that reading need not look at it."""

    @cached_property
    def type(self) -> Type:
        """The type of an object, compiled when first asked for."""
        return structural.type_of(self.schema)

    def prune(self, obj: JSON) -> list[str]:
        """Bring a decoded object into shape in place; the paths of unknown fields. Raises explaining.DoesNotFit."""
        return pruning.prune(obj, self.schema)

    def fill(self, obj: JSON) -> None:
        """Fill defaults into a pruned object, in place."""
        filled = values.filled(obj, self.schema)
        filled["metadata"] = obj.get("metadata") or {}
        obj.clear()
        obj.update(filled)

    def validate(self, new: JSON, old: JSON | None = None) -> list[FieldError]:
        """What is wrong with an object beyond its metadata; on an update, what the update has brought."""
        errors = values.validate(_without_identity(new), self._checked)
        if old is not None:
            errors = ratcheting.unforgiven(errors, self.schema, new, old)
        if self.scale is not None:
            scales.check(new, self.scale, errors)
        if self._rules is None:
            return errors
        if any(error.reason in BLOCKING for error in errors):
            return [*errors, unchecked()]
        return errors + self._rules.validate(new, old)

    @cached_property
    def _rules(self) -> "enforcing.Rules | None":
        """The rules of the schema, compiled when first asked for."""
        if not structural.has_rules(self.schema):
            return None
        from pyk3s.api.customresources import enforcing  # what runs rules is heavy, and few kinds have any

        return enforcing.Rules(self.schema)

    @cached_property
    def _checked(self) -> JSON:
        """The schema without what is said elsewhere of the metadata's name."""
        properties = self.schema.get("properties") or {}
        kept = {name: inner for name, inner in properties.items() if name not in pruning.IDENTITY}
        required = [name for name in self.schema.get("required") or () if name not in pruning.IDENTITY]
        return {**self.schema, "properties": kept, "required": required}

    def shown(self, obj: JSON, api_version: str) -> JSON:
        """A stored object in this version, as reading shows it."""
        obj["apiVersion"] = api_version
        self.prune(obj)
        self.fill(obj)
        return obj


def _without_identity(obj: JSON) -> JSON:
    return {name: value for name, value in obj.items() if name not in pruning.IDENTITY}


def _warning(kind: CustomKind, version: JSON) -> str:
    if not version.get("deprecated"):
        return ""
    told = f"{kind.group}/{kind.version} {kind.name} is deprecated"
    return str(version.get("deprecationWarning") or told)


def unchecked() -> FieldError:
    """Said instead of the outcome of rules that could not be checked."""
    return fields.invalid(values.NOWHERE, None, UNCHECKED)
