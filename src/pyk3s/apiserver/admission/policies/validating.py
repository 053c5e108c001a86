"""Asks validating policies about an operation. All of them are asked; the first reason against it is told."""

from collections.abc import Awaitable, Sequence
from typing import Any

from pyk3s.api import catalog
from pyk3s.api.admission import expressions
from pyk3s.apiserver import identity
from pyk3s.apiserver.admission import chain, evaluating, matching, selecting
from pyk3s.apiserver.admission.evaluating import Failed, Scope
from pyk3s.apiserver.admission.policies import compiled, decisions, following, params
from pyk3s.apiserver.admission.policies.decisions import Finding
from pyk3s.apiserver.registry import registry as registries

JSON = dict[str, Any]
KIND, PLURAL = "ValidatingAdmissionPolicy", "validatingadmissionpolicies"


class ValidatingPolicies(chain.Base):
    """The plug-in."""

    name = "ValidatingAdmissionPolicy"

    def __init__(self, registry: registries.Registry, authorizer: identity.Authorizer):
        self._registry, self._authorizer = registry, authorizer
        self._policies = following.Policies(registry, PLURAL)
        self._selecting = selecting.Selecting(registry)

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        return not matching.is_exempt(resource)

    def validate(self, attributes: chain.Attributes) -> Awaitable[None] | None:
        """Raises StatusError for what a policy denies."""
        if not self._policies:
            return None
        concerned = self._policies.concerned(attributes)
        return self._ask(concerned, attributes) if concerned else None

    async def _ask(self, concerned: Sequence[following.Bound], attributes: chain.Attributes) -> None:
        denied: list[Finding] = []
        seen: dict[catalog.Resource, evaluating.Inputs] = {}  # a form may have to be converted: once for all policies
        for policy, bindings in concerned:
            seen_as = self._selecting.seen_as(policy.selection, attributes)
            if seen_as is None:
                continue
            if policy.broken:
                if policy.fails_closed:
                    denied.append(Finding(policy.name, "", f"failed to configure policy: {policy.broken}"))
                continue
            said: dict[str, dict[str, None]] = {}
            for binding in bindings:
                if not self._is_bound(binding, attributes):
                    continue
                if seen_as not in seen:
                    seen[seen_as] = await evaluating.inputs(self._registry, self._authorizer, attributes, seen_as)
                denied += await self._ask_one(policy, binding, seen[seen_as], attributes, said)
            for key, values in said.items():
                attributes.annotate(f"{policy.name}/{key}", ", ".join(values))
        if denied:
            raise decisions.refusal(attributes, decisions.denied(KIND, denied[0]), denied[0].reason)

    def _is_bound(self, binding: compiled.Binding, attributes: chain.Attributes) -> bool:
        return binding.selection is None or self._selecting.chooses(binding.selection, attributes)

    async def _ask_one(
        self,
        policy: compiled.Policy,
        binding: compiled.Binding,
        inputs: evaluating.Inputs,
        attributes: chain.Attributes,
        said: dict[str, dict[str, None]],
    ) -> list[Finding]:
        """The reasons against the operation that deny it; others become warnings and words for the audit log."""
        try:
            found = await params.find(self._registry, policy, binding, attributes)
        except params.Misconfigured as error:
            told = f"failed to configure binding: {error}"
            return [Finding(policy.name, binding.name, told)] if policy.fails_closed else []
        denied: list[Finding] = []
        for param in found:
            judgement = Judgement(policy, binding, inputs.with_values(params=param))
            findings = judgement.findings(attributes.annotations is not None, said)
            denied += act(binding, findings, attributes)
        return denied


class Judgement:
    """What one policy says of an operation, with one binding and one parameter."""

    def __init__(self, policy: compiled.Policy, binding: compiled.Binding, inputs: evaluating.Inputs):
        self._policy, self._binding, self._inputs = policy, binding, inputs

    def findings(self, audits: bool, said: dict[str, dict[str, None]]) -> list[Finding]:
        """The reasons against it; annotations for the audit log go to `said`, by key, if there is one."""
        from pyk3s.api.cel import compiling

        rules = self._policy.rules
        budget = compiling.Budget(expressions.CONDITIONS_BUDGET)
        verdict = evaluating.judge(rules.conditions, Scope(self._inputs, {}, budget))
        if verdict.error:
            return self._failed(verdict.error)
        if not verdict.holds:
            return []
        scope = Scope(self._inputs, rules.variables, compiling.Budget(expressions.REQUEST_BUDGET))
        found = [each for place, one in enumerate(rules.validations) for each in self._validate(place, one, scope)]
        if audits:
            for annotation in rules.audit_annotations:
                found += self._annotate(annotation, scope, said)
        return found

    def _failed(self, why: str, place: int = 0) -> list[Finding]:
        finding = Finding(self._policy.name, self._binding.name, why, place=place)
        return [finding] if self._policy.fails_closed else []

    def _validate(self, place: int, validation: compiled.Validation, scope: Scope) -> list[Finding]:
        try:
            if scope.value(validation.expression) is True:
                return []
        except Failed as error:
            return self._failed(str(error), place)
        told = decisions.message(self._told(validation, scope), validation.message, validation.expression.source)
        return [Finding(self._policy.name, self._binding.name, told, validation.reason, place)]

    @staticmethod
    def _told(validation: compiled.Validation, scope: Scope) -> Any:
        if validation.message_expression is None:
            return None
        try:
            return scope.value(validation.message_expression)
        except Failed:  # the stated message says it instead
            return None

    def _annotate(
        self, annotation: compiled.AuditAnnotation, scope: Scope, said: dict[str, dict[str, None]]
    ) -> list[Finding]:
        try:
            text = decisions.annotation(scope.value(annotation.value))
        except Failed as error:
            return self._failed(str(error))
        if text:
            said.setdefault(annotation.key, {})[text] = None
        return []


def act(binding: compiled.Binding, findings: Sequence[Finding], attributes: chain.Attributes) -> list[Finding]:
    """Do with findings what their binding says; those that deny come back."""
    for finding in findings:
        if "Warn" in binding.actions:
            attributes.warnings.append(decisions.warning(finding))
        if "Audit" in binding.actions:
            attributes.annotate(decisions.FAILURE, decisions.audited(finding, binding.actions))
    return list(findings) if "Deny" in binding.actions else []
