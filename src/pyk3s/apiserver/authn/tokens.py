"""Users by bearer token: those given at start, then whatever recognises tokens besides (service accounts, webhooks)."""

import hmac
from collections.abc import Callable, Mapping, Sequence

from pyk3s.api import status
from pyk3s.apiserver import identity
from pyk3s.wire.http import messages

MOST_BYTES = 64 * 1024  # of a token that anybody is bothered with
Recognise = Callable[[str], identity.User | None]
"""A user for a token, None if it is not of this kind; raises 401 for one that is, but is not valid."""


class Tokens:
    """Authenticates by `Authorization: Bearer`. A token nobody recognises is refused, not anonymous."""

    def __init__(self, static: Mapping[str, identity.User], recognisers: Sequence[Recognise] = ()):
        self._static = {token.encode(): user for token, user in static.items()}
        self._recognisers = list(recognisers)

    def add(self, recognise: Recognise) -> None:
        """Let another kind of token be recognised."""
        self._recognisers.append(recognise)

    def authenticate(self, request: messages.Request) -> identity.User | None:
        stated = request.headers.get("authorization")
        if not stated:
            return None
        scheme, _, token = stated.partition(" ")
        if scheme.lower() != "bearer" or not (token := token.strip()):
            return None
        user = self.known(token) or self.recognised(token)
        if user is None:
            raise status.unauthorized()
        return user

    def recognised(self, token: str) -> identity.User | None:
        """The user of a token that was not given at start; raises 401 and Unsettled."""
        if len(token) > MOST_BYTES:
            return None
        for recognise in self._recognisers:
            if (user := recognise(token)) is not None:
                return user
        return None

    def known(self, token: str) -> identity.User | None:
        """The user of a token given at start."""
        sent = token.encode()
        found = None
        for known, user in self._static.items():  # every one is compared, so that time tells nothing
            if hmac.compare_digest(known, sent):
                found = user
        return found


class First:
    """The first authenticator that recognises a request."""

    def __init__(self, authenticators: Sequence[identity.Authenticator]):
        self._authenticators = list(authenticators)

    def authenticate(self, request: messages.Request) -> identity.User | None:
        for each in self._authenticators:
            if (user := each.authenticate(request)) is not None:
                return user
        return None
