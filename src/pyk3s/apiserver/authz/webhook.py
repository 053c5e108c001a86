"""Access decided by a webhook: may this user do that? (SubjectAccessReview, authorization.k8s.io/v1)

It allows, it denies, or it has no opinion and leaves the decision to the authorisers after it. A webhook that does not
answer, or answers what cannot be used, has none; the refusal says so.
"""

from typing import Any

from pyk3s.apiserver import identity
from pyk3s.apiserver.remote import endpoint, questions
from pyk3s.lib import clock as clocks
from pyk3s.lib import log

JSON = dict[str, Any]
API_VERSION, KIND = "authorization.k8s.io/v1", "SubjectAccessReview"
UNASKED = "the authorization webhook could not be asked"
_log = log.get_logger("authorization")


class Webhook:
    """An authoriser that asks. What it allowed and what it did not allow are remembered for times of their own."""

    def __init__(self, webhook: endpoint.Endpoint, *, allowed_s: float, refused_s: float, clock: clocks.Clock):
        self._webhook, self._allowed_s, self._refused_s = webhook, allowed_s, refused_s
        self._questions: questions.Questions[Any, identity.Decision] = questions.Questions("access-webhook", clock)

    def decide(self, access: identity.Access) -> identity.Decision:
        """The webhook's decision; raises Unsettled."""
        user = access.user
        key = user.name, user.uid, user.groups, tuple(user.extra.items()), access[1:]
        return self._questions.answer(key, lambda: self._ask(access))

    async def close(self) -> None:
        await self._questions.close()
        await self._webhook.close()

    async def _ask(self, access: identity.Access) -> questions.Told[identity.Decision]:
        try:
            decision = decision_of(await self._webhook.post(review(access)))
        except endpoint.NoAnswer as error:
            _log.warning(UNASKED, reason=error)
            return questions.Told(identity.Decision(False, UNASKED), 0)
        return questions.Told(decision, self._allowed_s if decision.allowed else self._refused_s)


def review(access: identity.Access) -> JSON:
    """The question about an access."""
    user = access.user
    spec: JSON = {"user": user.name}
    if user.groups:
        spec["groups"] = list(user.groups)
    if user.uid:
        spec["uid"] = user.uid
    if user.extra:
        spec["extra"] = {key: list(values) for key, values in user.extra.items()}
    if access.plural:
        asked = {
            "namespace": access.namespace,
            "verb": access.verb,
            "group": access.group,
            "version": access.version,
            "resource": access.plural,
            "subresource": access.subresource,
            "name": access.name,
        }
        spec["resourceAttributes"] = {key: value for key, value in asked.items() if value}
    else:
        spec["nonResourceAttributes"] = {"path": access.path, "verb": access.verb}
    return {"apiVersion": API_VERSION, "kind": KIND, "spec": spec}


def decision_of(answer: JSON) -> identity.Decision:
    """The decision in a review's status; raises NoAnswer for no review, or one that says both."""
    if (answer.get("apiVersion"), answer.get("kind")) != (API_VERSION, KIND):
        raise endpoint.NoAnswer(f"its answer is no {KIND} of {API_VERSION}")
    told = answer.get("status")
    if not isinstance(told, dict) or not isinstance(told.get("allowed"), bool):
        raise endpoint.NoAnswer("its review has no status")
    allowed, denied, reason = told["allowed"], told.get("denied") is True, told.get("reason")
    if allowed and denied:
        raise endpoint.NoAnswer("its review both allows and denies")
    return identity.Decision(allowed, reason if isinstance(reason, str) else "", denied)
