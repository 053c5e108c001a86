"""Asks the webhooks about an operation: mutating ones one after another, validating ones all at once.

A mutating webhook's patch is applied to the form of the object that it saw; what comes out is brought back, stripped of
unknown fields and defaulted.
"""

from collections.abc import Awaitable, Sequence
from typing import Any, NamedTuple

from pyk3s.api import catalog, status, webhook_reviews
from pyk3s.api.admission import expressions
from pyk3s.api.patching import json_patch
from pyk3s.apiserver import identity, webhook_client
from pyk3s.apiserver.admission import chain, changing, evaluating, matching, selecting
from pyk3s.apiserver.admission.passes import Passes
from pyk3s.apiserver.admission.webhooks import configurations, review
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

    def __init__(self, registry: registries.Registry, caller: webhook_client.Caller, authorizer: identity.Authorizer):
        self._registry, self._caller, self._authorizer = registry, caller, authorizer
        self._selecting = selecting.Selecting(registry)

    def matched(self, hooks: Sequence[configurations.Hook], attributes: chain.Attributes) -> list[Matched]:
        """The webhooks that an operation concerns, in order."""
        found = []
        for hook in hooks:
            seen_as = self._selecting.seen_as(hook, attributes)
            if seen_as is not None:
                found.append(Matched(hook, seen_as))
        return found

    async def meets(self, matched: Matched, attributes: chain.Attributes) -> bool:
        """Whether an operation meets the conditions of a webhook; raises 403 where only an error says so."""
        hook = matched.hook
        if not (hook.conditions or hook.broken):
            return True
        verdict = evaluating.Verdict(False, hook.broken)
        if not hook.broken:
            verdict = await self._judged(matched, attributes)
        if verdict.error and hook.fails_closed:
            raise attributes.forbidden(verdict.error)
        return verdict.holds

    async def _judged(self, matched: Matched, attributes: chain.Attributes) -> evaluating.Verdict:
        from pyk3s.api.cel import compiling

        inputs = await evaluating.inputs(self._registry, self._authorizer, attributes, matched.seen_as)
        scope = evaluating.Scope(inputs, {}, compiling.Budget(expressions.CONDITIONS_BUDGET))
        return evaluating.judge(matched.hook.conditions, scope)

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
        except (webhook_client.CallFailed, webhook_reviews.BadAnswer) as error:
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
        for key, value in answer.annotations.items():
            attributes.annotate(f"{hook.name}/{key}", value)
        if not answer.allowed:
            raise review.refusal(hook.name, answer.status)
        return answer

    async def shown(self, obj: JSON | None, matched: Matched, attributes: chain.Attributes) -> JSON | None:
        """An object in the form that a webhook sees."""
        return await selecting.in_form(self._registry, obj, attributes.resource, matched.seen_as)


class ValidatingWebhooks(chain.Base):
    """Asks every validating webhook at once; the first refusal counts, and the others' calls are given up."""

    name = "ValidatingAdmissionWebhook"

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
        matched = [each for each in matched if await self._asking.meets(each, attributes)]
        if len(matched) == 1:
            await self._asking.ask(matched[0], attributes)
            return
        async with tasks.TaskOwner("webhooks", lambda name, error: None) as owner:
            asked = [owner.start(self._asking.ask(each, attributes), each.hook.name) for each in matched]
            for task in asked:
                await task


class MutatingWebhooks(chain.Base):
    """Asks mutating webhooks in their order, each about what the one before made."""

    name = "MutatingAdmissionWebhook"

    def __init__(self, registry: registries.Registry, asking: Asking):
        self._registry, self._asking = registry, asking
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
            if not matched or not await self._asking.meets(matched[0], attributes):
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
        before = await self._asking.shown(attributes.object, matched, attributes) or {}
        try:
            patched = json_patch.apply(before, operations)
            return await changing.take_over(self._registry, attributes, before, patched, seen_as=matched.seen_as)
        except status.StatusError as error:
            raise status.internal(error.message) from error
