"""Several authorisers as one: the first that allows or denies decides; the reasons of those without an opinion go into
the refusal.
"""

from collections.abc import Sequence

from pyk3s.apiserver import identity


class Union:
    """Asks authorisers in their order. Members of system:masters may do everything."""

    def __init__(self, authorizers: Sequence[identity.Authorizer]):
        self._authorizers = list(authorizers)

    def decide(self, access: identity.Access) -> identity.Decision:
        if identity.MASTERS in access.user.groups:
            return identity.Decision(True)
        reasons = []
        for each in self._authorizers:
            decision = each.decide(access)
            if decision.allowed or decision.denied:
                return decision
            if decision.reason:
                reasons.append(decision.reason)
        return identity.Decision(False, "\n".join(reasons))
