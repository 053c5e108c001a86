"""Says of every ValidatingAdmissionPolicy that it was looked at, and which fields its expressions speak of in vain.

Types are those of the kinds that the policy's rules name without wildcards, built-in ones from the schema pack, custom
ones from their definitions. They are looked up when a policy changes: a definition that changes later is not noticed.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from pyk3s.api.admission import typing
from pyk3s.api.schema.types import Type
from pyk3s.client import errors, objects, resources
from pyk3s.controllers.context import Context
from pyk3s.controllers.kind_controller import KindController

JSON = dict[str, Any]
MOST_TYPES = 10
ANY = "*"


class Status(msgspec.Struct, rename="camel"):
    observed_generation: int = 0


class Policy(msgspec.Struct):
    metadata: objects.Described
    spec: JSON
    status: Status = msgspec.field(default_factory=Status)


class Known(NamedTuple):
    """A kind that a policy may see, with its type."""

    name: str  # as warnings call it
    type: Type


def spoken_of(spec: JSON) -> list[tuple[str, str, str]]:
    """Group, version and plural of what the rules of a policy name without wildcards, in order, a few at most."""
    found: dict[tuple[str, str, str], None] = {}
    for rule in (spec.get("matchConstraints") or {}).get("resourceRules") or ():
        lists = (rule.get("apiGroups") or (), rule.get("apiVersions") or (), rule.get("resources") or ())
        for each in itertools.product(*lists):
            if ANY not in each and "/" not in each[2]:
                found[each] = None
    return list(found)[:MOST_TYPES]


def warnings(spec: JSON, kinds: list[Known], params: Type | None) -> list[JSON]:
    """The expressionWarnings of a policy's status."""
    made = []
    for path, source in _expressions(spec):
        told = [
            f"{known.name}: {warning}\n"
            for known in kinds
            for warning in typing.warnings(source, _variables(known.type, params))
        ]
        if told:
            made.append({"fieldRef": path, "warning": "".join(told)})
    return made


def _variables(object_type: Type, params: Type | None) -> Mapping[str, Type]:
    known = {"object": object_type, "oldObject": object_type}
    return known if params is None else {**known, "params": params}


def _expressions(spec: JSON) -> Iterator[tuple[str, str]]:
    for index, validation in enumerate(spec.get("validations") or ()):
        for key in ("expression", "messageExpression"):
            if source := (validation.get(key) or "").strip():
                yield f"spec.validations[{index}].{key}", source


class Controller(KindController[Policy]):
    """Writes the status of policies."""

    name = "validatingadmissionpolicy-status-controller"

    def __init__(self, context: Context):
        super().__init__(context, context.shared(resources.VALIDATING_ADMISSION_POLICIES, Policy))

    def _is_due(self, policy: Policy) -> bool:
        return policy.status.observed_generation != policy.metadata.generation

    async def _act(self, policy: Policy) -> None:
        found = await self._warnings(policy.spec)
        status = {
            "observedGeneration": policy.metadata.generation,
            "typeChecking": {"expressionWarnings": found} if found else {},
        }
        patch = {"metadata": {"uid": policy.metadata.uid}, "status": status}
        with errors.gone_is_fine(changed=True):
            path = resources.VALIDATING_ADMISSION_POLICIES.path(name=policy.metadata.name, subresource="status")
            await self._client.patch(path, patch, fieldManager=self.name)

    async def _warnings(self, spec: JSON) -> list[JSON]:
        kinds = [known for each in spoken_of(spec) if (known := await self._known(*each)) is not None]
        return warnings(spec, kinds, await self._params(spec.get("paramKind")))

    async def _known(self, group: str, version: str, plural: str) -> Known | None:
        from pyk3s.api.schema import pack  # read with the first policy, since most clusters have none

        loaded = pack.load()
        resource = loaded.catalog.find(group, version, plural)
        if resource is not None:
            return Known(_told(group, version, resource.kind), loaded.type(resource.definition))
        definition = await self._definition(plural, group)
        return _custom(definition, version) if definition is not None else None

    async def _params(self, kind: JSON | None) -> Type | None:
        """The type of the parameters, where it is built in; a definition is not found by its kind."""
        if kind is None:
            return None
        from pyk3s.api.schema import pack

        group, _, version = kind["apiVersion"].rpartition("/")
        loaded = pack.load()
        resource = loaded.catalog.by_kind(group, version, kind["kind"])
        return loaded.type(resource.definition) if resource is not None else None

    async def _definition(self, plural: str, group: str) -> JSON | None:
        try:
            return await self._client.get(resources.DEFINITIONS.path(name=f"{plural}.{group}"))
        except errors.ApiError as error:
            if error.not_found:
                return None
            raise


def _custom(definition: JSON, version: str) -> Known | None:
    from pyk3s.api.customresources import structural

    spec = definition["spec"]
    schema = next((each.get("schema") for each in spec["versions"] if each["name"] == version), None)
    if not schema:
        return None
    name = _told(spec["group"], version, spec["names"]["kind"])
    return Known(name, structural.type_of(schema["openAPIV3Schema"]))


def _told(group: str, version: str, kind: str) -> str:
    return f"{group}/{version}, Kind={kind}" if group else f"/{version}, Kind={kind}"
