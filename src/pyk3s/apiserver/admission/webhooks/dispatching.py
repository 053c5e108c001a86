"""Asks the webhooks about an operation: mutating ones one after another, validating ones all at once.

A mutating webhook's patch is applied to the form of the object that it saw; what comes out is brought back, stripped of
unknown fields and defaulted. Audit annotations in answers are dropped: the audit log does not take them.
"""

from collections.abc import Awaitable, Sequence
from typing import Any, NamedTuple

from pyk3s.api import catalog, decoding, defaulting, selectors, status
from pyk3s.api.patching import json_patch
from pyk3s.apiserver import webhook_client
from pyk3s.apiserver.admission import chain
from pyk3s.apiserver.admission.passes import Passes
from pyk3s.apiserver.admission.webhooks import configurations, matching, review
from pyk3s.apiserver.registry import creation
from pyk3s.apiserver.registry import registry as registries
from pyk3s.lib import log, tasks

JSON = dict[str, Any]
_log = log.get_logger("admission")


class Matched(NamedTuple):
    """A webhook that is to be asked, and the form of the resource that it wants to see."""

    hook: configurations.Hook
    seen_as: catalog.Resource


class Asking:
    """What both kinds of plug-in share: finding the webhooks of an operation, and asking one."""

    def __init__(self, registry: registries.Registry, caller: webhook_client.Caller):
        self._registry, self._caller = registry, caller

    def matched(self, hooks: Sequence[configurations.Hook], attributes: chain.Attributes) -> list[Matched]:
        """The webhooks that an operation concerns, in order."""
        resource = attributes.resource
        operation = matching.Operation(attributes.operation, resource, attributes.subresource, attributes.namespace)
        equivalents = self._registry.catalog.equivalents(resource)
        found = []
        for hook in hooks:
            seen_as = matching.matched_resource(hook, operation, equivalents)
            if seen_as is not None and self._selects(hook, attributes):
                found.append(Matched(hook, seen_as))
        return found

    def _selects(self, hook: configurations.Hook, attributes: chain.Attributes) -> bool:
        new, old = attributes.object or None, attributes.old
        return matching.selects(hook.object_selector, new, old) and self._in_namespace(
            hook.namespace_selector, attributes
        )

    def _in_namespace(self, selector: selectors.LabelSelector, attributes: chain.Attributes) -> bool:
        if selector.empty:
            return True
        is_namespace = matching.is_namespace(attributes.resource)
        if is_namespace and not attributes.subresource and attributes.object:
            return selector.matches(matching.labels(attributes.object))
        name = attributes.name if is_namespace else attributes.namespace
        if not name:
            return True
        namespace = self._registry.read("", "namespaces", name)
        if namespace is None:
            raise status.not_found("", "namespaces", name)
        return selector.matches(matching.labels(namespace))

    async def ask(self, matched: Matched, attributes: chain.Attributes) -> review.Answer | None:
        """What a webhook says; None where it cannot be asked and that does not matter. Raises StatusError."""
        hook = matched.hook
        if attributes.dry_run and hook.has_side_effects:
            raise status.bad_request(f'admission webhook "{hook.name}" does not support dry run')
        uid = creation.new_uid()
        new = await self.shown(attributes.object or None, matched, attributes)
        old = await self.shown(attributes.old, matched, attributes)
        question = review.question(attributes, matched.seen_as, uid=uid, new=new, old=old)
        try:
            body = await self._caller.post(hook.client, hook.ca, question, hook.timeout_s)
            answer = review.answer(body, uid)
        except (webhook_client.CallFailed, review.BadAnswer) as error:
            doing = (
                "failed to call webhook"
                if isinstance(error, webhook_client.CallFailed)
                else ("received invalid webhook response")
            )
            why = f'failed calling webhook "{hook.name}": {doing}: {error}'
            if hook.fails_closed:
                raise status.internal(why) from error
            _log.warning("webhook not asked", webhook=hook.name, why=str(error))
            return None
        attributes.warnings += answer.warnings
        if not answer.allowed:
            raise review.refusal(hook.name, answer.status)
        return answer

    async def shown(self, obj: JSON | None, matched: Matched, attributes: chain.Attributes) -> JSON | None:
        """An object in the form that a webhook sees."""
        if obj is None or matched.seen_as is attributes.resource:
            return obj
        return await self._registry.store(matched.seen_as).served_form(obj)

    async def brought_back(self, obj: JSON, matched: Matched, attributes: chain.Attributes) -> JSON:
        """An object that a webhook has seen and changed, in the form of the request."""
        if matched.seen_as is attributes.resource:
            return obj
        return await self._registry.store(attributes.resource).served_form(obj)


class ValidatingWebhooks(chain.Base):
    """Asks every validating webhook at once; the first refusal counts, and the others' calls are given up."""

    def __init__(self, registry: registries.Registry, asking: Asking):
        self._asking = asking
        self._configurations = configurations.Configurations(registry, configurations.VALIDATING)

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        return not matching.is_exempt(resource)

    def validate(self, attributes: chain.Attributes) -> Awaitable[None] | None:
        if not self._configurations:
            return None
        matched = self._asking.matched(self._configurations.hooks(), attributes)
        return self._ask_all(matched, attributes) if matched else None

    async def _ask_all(self, matched: Sequence[Matched], attributes: chain.Attributes) -> None:
        if len(matched) == 1:
            await self._asking.ask(matched[0], attributes)
            return
        async with tasks.TaskOwner("webhooks", lambda name, error: None) as owner:
            asked = [owner.start(self._asking.ask(each, attributes), each.hook.name) for each in matched]
            for task in asked:
                await task


class MutatingWebhooks(chain.Base):
    """Asks mutating webhooks in their order, each about what the one before made."""

    def __init__(self, registry: registries.Registry, asking: Asking):
        self._asking = asking
        self._configurations = configurations.Configurations(registry, configurations.MUTATING)

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        return not matching.is_exempt(resource)

    def mutate(self, attributes: chain.Attributes) -> Awaitable[None] | None:
        if not self._configurations:
            return None
        return self._ask_each(attributes)

    async def _ask_each(self, attributes: chain.Attributes) -> None:
        passes = attributes.passes = attributes.passes or Passes()
        passes.begin(attributes.object)
        for hook in self._configurations.hooks():
            if passes.skips(hook):
                continue
            matched = self._asking.matched((hook,), attributes)
            if not matched:
                continue
            answer = await self._asking.ask(matched[0], attributes)
            patch = answer.patch if answer is not None else None
            changed = bool(patch) and await self._patch(matched[0], attributes, patch or [])
            passes.asked(hook, changed=changed)
        passes.end(attributes.object)

    async def _patch(self, matched: Matched, attributes: chain.Attributes, operations: list[JSON]) -> bool:
        """Apply a webhook's patch to the object in place; says whether that changed it."""
        if not attributes.object:
            return False
        resource, obj = attributes.resource, attributes.object
        before = await self._asking.shown(obj, matched, attributes) or {}
        try:
            patched = json_patch.apply(before, operations)
            if patched == before:
                return False
            decoding.conform(matched.seen_as, patched, "Ignore")
        except status.StatusError as error:
            raise status.internal(error.message) from error
        _keep_owners(patched, before)
        patched = await self._asking.brought_back(patched, matched, attributes)
        defaulting.apply_defaults(resource, patched)
        obj.clear()
        obj.update(patched)
        return True


def _keep_owners(patched: JSON, before: JSON) -> None:
    """Webhooks do not decide who owns fields."""
    owners = (before.get("metadata") or {}).get("managedFields")
    metadata = patched.setdefault("metadata", {})
    if owners is None:
        metadata.pop("managedFields", None)
    else:
        metadata["managedFields"] = owners
