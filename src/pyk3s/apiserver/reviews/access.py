"""SubjectAccessReview and its kin: may this user do that? And SelfSubjectRulesReview: what may I do?"""

from typing import Any

from pyk3s.api import fields, status
from pyk3s.api.validation import kinds
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import identity, rendering
from pyk3s.apiserver.authz.rbac import index as indexes
from pyk3s.apiserver.registry import creation
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.reviews import answering

JSON = dict[str, Any]
GROUP = "authorization.k8s.io"


class AccessReviews:
    """Answers from the authoriser that requests go through."""

    def __init__(self, authorizer: identity.Authorizer, index: indexes.Index, *, asks_others: bool = False):
        """`asks_others`: a webhook decides too, and nobody can tell what it would allow."""
        self._authorizer, self._index, self._asks_others = authorizer, index, asks_others

    def own(self, registry: registries.Registry, call: calls.Call) -> calls.Outcome:
        """SelfSubjectAccessReview."""
        review = answering.read(call)
        _check(call, review)
        return self._answer(registry, call, review, call.user)

    def subject(self, registry: registries.Registry, call: calls.Call) -> calls.Outcome:
        """SubjectAccessReview, and LocalSubjectAccessReview, whose namespace must be that of the path."""
        review = answering.read(call)
        spec = review.get("spec") or {}
        if call.route.namespace:
            creation.agree_on_namespace(review.setdefault("metadata", {}), call.route.namespace)
        _check(call, review)
        extra = {key.lower(): tuple(values) for key, values in (spec.get("extra") or {}).items()}
        user = identity.User(spec.get("user", ""), tuple(spec.get("groups") or ()), spec.get("uid", ""), extra)
        return self._answer(registry, call, review, user)

    def rules(self, registry: registries.Registry, call: calls.Call) -> calls.Outcome:
        """SelfSubjectRulesReview: what the user holds by roles in a namespace."""
        namespace = (answering.read(call).get("spec") or {}).get("namespace", "")
        if not namespace:
            raise status.bad_request("no namespace on request")
        held = self._index.policies(call.user, namespace)
        told: JSON = {
            "resourceRules": [_only(each, _RESOURCE_PARTS) for each in held if each.get("resources")],
            "nonResourceRules": [_only(each, _PATH_PARTS) for each in held if each.get("nonResourceURLs")],
            "incomplete": self._asks_others,
        }
        if self._asks_others:
            told["evaluationError"] = "webhook authorizer does not support user rule resolution"
        resource = call.resource
        answer = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": {}, "spec": {}, "status": told}
        return rendering.encoded(201, answer)

    def _answer(
        self, registry: registries.Registry, call: calls.Call, review: JSON, user: identity.User
    ) -> calls.Outcome:
        decision = self._authorizer.decide(_access(user, review["spec"]))
        told: JSON = {"allowed": decision.allowed}
        if decision.denied:
            told["denied"] = True
        if decision.reason:
            told["reason"] = decision.reason
        return answering.answer(registry, call, review, told)


_RESOURCE_PARTS = ("verbs", "apiGroups", "resources", "resourceNames")
_PATH_PARTS = ("verbs", "nonResourceURLs")


def _only(policy: JSON, parts: tuple[str, ...]) -> JSON:
    return {part: policy[part] for part in parts if policy.get(part)}


def _access(user: identity.User, spec: JSON) -> identity.Access:
    paths = spec.get("nonResourceAttributes")
    if paths is not None:
        return identity.Access(user, paths.get("verb", ""), path=paths.get("path", ""))
    asked = spec["resourceAttributes"]
    stated = (asked.get("fieldSelector") or {}).get("requirements") or ()
    return identity.Access(
        user,
        asked.get("verb", ""),
        asked.get("group", ""),
        asked.get("version", ""),
        asked.get("resource", ""),
        asked.get("subresource", ""),
        asked.get("namespace", ""),
        asked.get("name", ""),
        selects=tuple(
            (each.get("key", ""), each["values"][0])
            for each in stated
            if each.get("operator") == "In" and len(each.get("values") or ()) == 1
        ),
    )


def _check(call: calls.Call, review: JSON) -> None:
    errors: list[fields.FieldError] = []
    kinds.rules(call.resource.group, call.resource.plural).create(review, errors)
    if errors:
        raise status.invalid(GROUP, "", "", errors)
