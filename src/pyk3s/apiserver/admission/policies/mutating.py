"""Lets mutating policies change an object, one after another, each seeing what the one before made.

They come before the webhooks and share their passes: a policy that says so is asked again if somebody changes the
object after it.
"""

from collections.abc import Awaitable, Sequence
from typing import Any, NamedTuple

from pyk3s.api import catalog, status
from pyk3s.api.admission import expressions
from pyk3s.apiserver import identity
from pyk3s.apiserver.admission import chain, changing, evaluating, matching, selecting
from pyk3s.apiserver.admission.evaluating import Failed, Scope
from pyk3s.apiserver.admission.passes import Passes
from pyk3s.apiserver.admission.policies import applying, compiled, decisions, following, params
from pyk3s.apiserver.registry import registry as registries

JSON = dict[str, Any]
KIND, PLURAL = "policy", "mutatingadmissionpolicies"


class Invocation(NamedTuple):
    """One policy with one binding and one parameter, as passes tell them apart."""

    policy: str
    binding: str
    param: str
    reinvokes: bool


class MutatingPolicies(chain.Base):
    """The plug-in."""

    name = "MutatingAdmissionPolicy"

    def __init__(self, registry: registries.Registry, authorizer: identity.Authorizer):
        self._registry, self._authorizer = registry, authorizer
        self._policies = following.Policies(registry, PLURAL)
        self._selecting = selecting.Selecting(registry)

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        return operation != chain.DELETE and not matching.is_exempt(resource)

    def mutate(self, attributes: chain.Attributes) -> Awaitable[None] | None:
        """Change the object in place; raises StatusError for what a policy cannot do."""
        if not self._policies:
            return None
        concerned = self._policies.concerned(attributes)
        return self._invoke(concerned, attributes) if concerned else None

    async def _invoke(self, concerned: Sequence[following.Bound], attributes: chain.Attributes) -> None:
        passes = attributes.passes = attributes.passes or Passes()
        passes.begin(attributes.object)
        for policy, bindings in concerned:
            for binding in bindings:
                seen_as = self._selecting.seen_as(policy.selection, attributes)
                if seen_as is None or not self._is_bound(binding, attributes):
                    continue
                try:
                    await self._invoke_bound(policy, binding, attributes, seen_as, passes)
                except (Failed, params.Misconfigured, applying.Inapplicable) as error:
                    if policy.fails_closed:
                        finding = decisions.Finding(policy.name, binding.name, str(error))
                        words = decisions.denied(KIND, finding)
                        raise decisions.refusal(attributes, words, finding.reason) from error
        passes.end(attributes.object)

    def _is_bound(self, binding: compiled.Binding, attributes: chain.Attributes) -> bool:
        return binding.selection is None or self._selecting.chooses(binding.selection, attributes)

    async def _invoke_bound(
        self,
        policy: compiled.Policy,
        binding: compiled.Binding,
        attributes: chain.Attributes,
        seen_as: catalog.Resource,
        passes: Passes,
    ) -> None:
        if policy.broken:
            raise params.Misconfigured(f"failed to configure policy: {policy.broken}")
        for param in await params.find(self._registry, policy, binding, attributes):
            invocation = Invocation(policy.name, binding.name, _identity(param), policy.reinvokes)
            if passes.skips(invocation):
                continue
            changed = await self._mutate(policy.rules, param, attributes, seen_as)
            if changed is not None:
                passes.asked(invocation, changed=changed)

    async def _mutate(
        self, rules: compiled.Rules, param: JSON | None, attributes: chain.Attributes, seen_as: catalog.Resource
    ) -> bool | None:
        """Whether the object was changed; None where the match conditions do not hold."""
        from pyk3s.api.cel import compiling

        inputs = await evaluating.inputs(self._registry, self._authorizer, attributes, seen_as)
        inputs = inputs.with_values(params=param)
        conditions = compiling.Budget(expressions.CONDITIONS_BUDGET)
        verdict = evaluating.judge(rules.conditions, Scope(inputs, {}, conditions))
        if verdict.error:
            raise Failed(verdict.error)
        if not verdict.holds:
            return None
        before = inputs.values["object"]
        if not isinstance(before, dict):
            return None
        scope, now = Scope(inputs, rules.variables, compiling.Budget(expressions.REQUEST_BUDGET)), before
        for mutation in rules.mutations:
            now = self._mutated(mutation, scope, now, seen_as)
            scope = scope.with_object(now)
        try:
            return await changing.take_over(self._registry, attributes, before, now, seen_as=seen_as)
        except status.StatusError as error:
            raise applying.Inapplicable(error.message) from error

    def _mutated(self, mutation: compiled.Mutation, scope: Scope, obj: JSON, seen_as: catalog.Resource) -> JSON:
        value = scope.value(mutation.expression)
        if not mutation.applies:
            return applying.patched(obj, value)
        if obj.get("kind") != seen_as.kind:
            raise applying.Inapplicable(f"a {obj.get('kind')} cannot be applied to")
        type_ = seen_as.custom.type if seen_as.custom else self._registry.pack.type(seen_as.definition)
        return applying.applied(type_, obj, value)


def _identity(param: JSON | None) -> str:
    if param is None:
        return ""
    metadata = param["metadata"]
    return f"{metadata.get('namespace', '')}/{metadata['name']}"
