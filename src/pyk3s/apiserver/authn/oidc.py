"""Users by OpenID Connect: ID tokens of one issuer, verified with the keys that it publishes.

Keys are found by discovery and kept; a token that none of them signed lets them be fetched again, at most every
`AGAIN_S`, so that an issuer may change keys and forged tokens cost it nothing. A signature is verified once per token,
times are checked at every use. An issuer that cannot be reached recognises nobody new.
"""

import hashlib
import math
import pathlib
import ssl
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import msgspec

from pyk3s.api import status
from pyk3s.apiserver import identity
from pyk3s.apiserver.remote import questions
from pyk3s.lib import clock as clocks
from pyk3s.lib import log
from pyk3s.wire.http import client as http

JSON = dict[str, Any]
AUTHENTICATED = "system:authenticated"
DISCOVERY = "/.well-known/openid-configuration"
KEYS_HOLD_S, AGAIN_S = 3600.0, 10.0
TIMEOUT_S = 10.0
MOST_BYTES = 1 << 20
REMEMBERED = 2000
_log = log.get_logger("authentication")


@dataclass(frozen=True, kw_only=True)
class OidcSettings:
    """One issuer. Prefixes are as they are put before names; an empty one is none."""

    issuer: str
    client_id: str
    username_claim: str = "sub"
    username_prefix: str = ""
    groups_claim: str = ""
    groups_prefix: str = ""
    required_claims: Mapping[str, str] = field(default_factory=dict)
    ca_file: pathlib.Path | None = None
    algorithms: tuple[str, ...] = ("RS256",)


class Refused(Exception):
    """A token that does not hold; the text says why."""


class Oidc:
    """Recognises the ID tokens of an issuer."""

    def __init__(self, settings: OidcSettings, clock: clocks.Clock):
        self._settings, self._clock = settings, clock
        self._context = ssl.create_default_context(cafile=settings.ca_file and str(settings.ca_file))
        self._keys: list[Any] = []
        self._fetched: questions.Questions[str, bool] = questions.Questions("oidc", clock)
        self._next_fetch = -math.inf
        self._stale = -math.inf
        self._verified: OrderedDict[bytes, JSON] = OrderedDict()

    def recognise(self, token: str) -> identity.User | None:
        """The user of a bearer token; None if it is not of this issuer. Raises 401, and Unsettled to fetch keys."""
        digest = hashlib.sha256(token.encode()).digest()
        claims = self._verified.get(digest)
        if claims is None:
            from pyk3s.pki import jwt  # at the first token: its library is not small

            stated = jwt.claims_unverified(token)
            if stated is None or stated.get("iss") != self._settings.issuer:
                return None
            try:
                check(stated, self._settings, self._clock.time())  # what cannot hold is not worth a signature
            except Refused:
                raise status.unauthorized() from None
            claims = self._verify(token)
            self._verified[digest] = claims
            while len(self._verified) > REMEMBERED:
                self._verified.popitem(last=False)
        try:
            return user_of(claims, self._settings, self._clock.time())
        except Refused:
            raise status.unauthorized() from None

    async def close(self) -> None:
        await self._fetched.close()

    def _verify(self, token: str) -> JSON:
        from pyk3s.pki import jwks, jwt

        try:
            if self._clock.monotonic() < self._stale:
                return jwks.verify(token, self._keys, self._settings.algorithms)
        except jwt.InvalidToken:
            pass  # perhaps the issuer has new keys
        now = self._clock.monotonic()
        if now >= self._next_fetch:
            raise identity.Unsettled(self._fetch)
        try:
            return jwks.verify(token, self._keys, self._settings.algorithms)
        except jwt.InvalidToken:
            raise status.unauthorized() from None

    async def _fetch(self) -> None:
        """Fetch the issuer's keys, once for all who wait. What is there stays where that fails."""
        try:
            self._fetched.answer("keys", self._ask)
        except identity.Unsettled as question:
            await question.settle()

    async def _ask(self) -> questions.Told[bool]:
        from pyk3s.pki import jwks

        issuer, found = self._settings.issuer, False
        try:
            document = await self._get(issuer.rstrip("/") + DISCOVERY)
            if document.get("issuer") != issuer:
                raise ValueError(f"the issuer calls itself {document.get('issuer')!r}")
            self._keys = jwks.key_set(await self._get(str(document.get("jwks_uri") or "")))
            found = True
        except (OSError, ValueError, msgspec.DecodeError, RecursionError) as error:
            _log.warning("keys of the OIDC issuer cannot be fetched", issuer=issuer, reason=error)
        now = self._clock.monotonic()
        self._next_fetch = now + AGAIN_S
        if found:
            self._stale = now + KEYS_HOLD_S
        return questions.Told(found, 0)

    async def _get(self, address: str) -> JSON:
        """A JSON object; raises OSError and ValueError. Redirects are not followed."""
        url = urlsplit(address)
        if url.scheme != "https" or not url.hostname:
            raise ValueError(f"{address!r} is no https:// address")
        client = http.HttpClient(f"https://{url.netloc}", self._context, {"Accept": "application/json"})
        try:
            target = (url.path or "/") + (f"?{url.query}" if url.query else "")
            answer = await client.request("GET", target, timeout=TIMEOUT_S, most_bytes=MOST_BYTES)
        finally:
            await client.close()
        if answer.status != 200:
            raise ValueError(f"{address} answered with status {answer.status}")
        value = msgspec.json.decode(answer.body)
        if not isinstance(value, dict):
            raise ValueError(f"{address} answered with no object")
        return value


def check(claims: JSON, settings: OidcSettings, now: float) -> None:
    """Whether claims are meant for us and hold at this time; raises Refused."""
    audiences = claims.get("aud")
    if settings.client_id not in (audiences if isinstance(audiences, list) else [audiences]):
        raise Refused("the token is for somebody else")
    if not isinstance(ends := claims.get("exp"), int | float) or not now < ends:
        raise Refused("the token has expired")
    begins = claims.get("nbf", 0)
    if not isinstance(begins, int | float) or not begins <= now + AGAIN_S:
        raise Refused("the token does not hold yet")
    for name, value in settings.required_claims.items():
        if claims.get(name) != value:
            raise Refused(f"claim {name} is not what it must be")


def user_of(claims: JSON, settings: OidcSettings, now: float) -> identity.User:
    """The user that verified claims name; raises Refused."""
    check(claims, settings, now)
    name = claims.get(settings.username_claim)
    if not isinstance(name, str) or not name:
        raise Refused(f"claim {settings.username_claim} names no user")
    if settings.username_claim == "email" and claims.get("email_verified", True) is not True:
        raise Refused("the address is not verified")
    groups = claims.get(settings.groups_claim, []) if settings.groups_claim else []
    listed = [groups] if isinstance(groups, str) else groups
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise Refused(f"claim {settings.groups_claim} is neither a text nor a list of texts")
    prefixed = (f"{settings.groups_prefix}{each}" for each in listed)
    return identity.User(f"{settings.username_prefix}{name}", tuple(dict.fromkeys((*prefixed, AUTHENTICATED))))
