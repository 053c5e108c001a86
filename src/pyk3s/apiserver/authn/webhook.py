"""Users by a webhook: whose token is this? (TokenReview, authentication.k8s.io/v1)

Answers are remembered under a digest of the token, the token itself is not kept. A webhook that does not answer, or
answers what cannot be used, recognises nobody.
"""

import hashlib
from typing import Any

from pyk3s.apiserver import identity
from pyk3s.apiserver.remote import endpoint, questions
from pyk3s.lib import clock as clocks
from pyk3s.lib import log

JSON = dict[str, Any]
API_VERSION, KIND = "authentication.k8s.io/v1", "TokenReview"
AUTHENTICATED = "system:authenticated"
_log = log.get_logger("authentication")


class TokenWebhook:
    """Recognises tokens by asking. `audiences` are those of this server."""

    def __init__(self, webhook: endpoint.Endpoint, audiences: tuple[str, ...], holds_s: float, clock: clocks.Clock):
        self._webhook, self._audiences, self._holds_s = webhook, audiences, holds_s
        self._questions: questions.Questions[bytes, identity.User | None] = questions.Questions("token-webhook", clock)

    def recognise(self, token: str) -> identity.User | None:
        """The user of a bearer token, None if the webhook knows none; raises Unsettled."""
        digest = hashlib.sha256(token.encode()).digest()
        return self._questions.answer(digest, lambda: self._ask(token))

    async def close(self) -> None:
        await self._questions.close()
        await self._webhook.close()

    async def _ask(self, token: str) -> questions.Told[identity.User | None]:
        spec = {"token": token, "audiences": list(self._audiences)}
        try:
            answer = await self._webhook.post({"apiVersion": API_VERSION, "kind": KIND, "spec": spec})
            return questions.Told(user_of(answer, self._audiences), self._holds_s)
        except endpoint.NoAnswer as error:
            _log.warning("token webhook recognises nobody", reason=error)
            return questions.Told(None, 0)


def user_of(answer: JSON, audiences: tuple[str, ...]) -> identity.User | None:
    """The user in a TokenReview's status, None if it holds for nobody or for others; raises NoAnswer for no review."""
    if (answer.get("apiVersion"), answer.get("kind")) != (API_VERSION, KIND):
        raise endpoint.NoAnswer(f"its answer is no {KIND} of {API_VERSION}")
    told = answer.get("status")
    if not isinstance(told, dict) or told.get("authenticated") is not True:
        return None
    meant = told.get("audiences")
    if meant and not set(audiences) & set(_texts(meant)):
        return None
    user = told.get("user")
    if not isinstance(user, dict) or not isinstance(user.get("username"), str) or not user["username"]:
        raise endpoint.NoAnswer("its review names no user")
    uid, extra = user.get("uid") or "", user.get("extra") or {}
    if not isinstance(uid, str) or not isinstance(extra, dict):
        raise endpoint.NoAnswer("its user is malformed")
    groups = dict.fromkeys((*_texts(user.get("groups") or []), AUTHENTICATED))
    named = {str(key).lower(): tuple(_texts(values)) for key, values in extra.items()}
    return identity.User(user["username"], tuple(groups), uid, named)


def _texts(listed: Any) -> list[str]:
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise endpoint.NoAnswer("its user is malformed")
    return listed
