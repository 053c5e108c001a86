"""TokenReview: whose token is this? And SelfSubjectReview: who am I?"""

from typing import Any

from pyk3s.api import status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import identity, rendering
from pyk3s.apiserver.authn import service_accounts, tokens
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.reviews import answering

JSON = dict[str, Any]
REFUSED = "invalid bearer token"
NAME = "https://kubernetes.default.svc"  # what a server without an issuer calls itself


def own(registry: registries.Registry, call: calls.Call) -> calls.Outcome:
    """SelfSubjectReview."""
    answering.read(call)
    resource = call.resource
    answer = {
        "kind": resource.kind,
        "apiVersion": resource.api_version,
        "metadata": {"creationTimestamp": registry.now()},
        "status": {"userInfo": identity.user_info(call.user)},
    }
    return rendering.encoded(201, answer)


class TokenReviews:
    """Answers for tokens given at start and, where there is an issuer, for those of service accounts."""

    def __init__(self, known: tokens.Tokens, accounts: service_accounts.ServiceAccounts | None):
        self._known, self._accounts = known, accounts
        self._audiences = accounts.issuing.audiences if accounts else (NAME,)
        self._names = accounts.issuing.names if accounts else (NAME,)

    def review(self, registry: registries.Registry, call: calls.Call) -> calls.Outcome:
        """TokenReview."""
        review = answering.read(call)
        spec = review.get("spec") or {}
        if not spec.get("token"):
            raise status.bad_request("token is required for TokenReview in authentication")
        return answering.answer(registry, call, review, self._told(spec["token"], spec.get("audiences") or []))

    def _told(self, token: str, audiences: list[str]) -> JSON:
        wanted = audiences or list(self._audiences)
        meant, why = [each for each in wanted if each in self._names], REFUSED
        user = self._known.known(token) if meant else None
        if user is None and self._accounts is not None:
            try:
                user, meant = self._accounts.review(token, wanted)
            except service_accounts.InvalidToken as error:
                why = str(error)
        if user is None:
            user, meant = self._of_others(token, wanted)
        if user is None:
            detail = why.removeprefix(REFUSED).removeprefix(", ")
            return {"user": {}, "error": f"[{REFUSED}, {detail}]" if detail else REFUSED}
        return {"authenticated": True, "user": identity.user_info(user), "audiences": meant}

    def _of_others(self, token: str, wanted: list[str]) -> tuple[identity.User | None, list[str]]:
        """Whom an issuer or webhook outside recognises; their tokens are meant for this server alone."""
        meant = [each for each in wanted if each in self._names]
        try:
            return (self._known.recognised(token) if meant else None), meant
        except status.StatusError:
            return None, meant
