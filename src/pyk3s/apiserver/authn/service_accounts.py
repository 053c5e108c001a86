"""Service accounts: makes their tokens and recognises them.

A token holds as long as its signature, its times, its audience, and the objects that it is bound to: delete the account
or the pod, and it is worth nothing. Signatures are checked once per token and process, everything else at every use.
"""

import math
import pathlib
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from pyk3s.api import status
from pyk3s.apiserver import identity
from pyk3s.apiserver.registry import registry as registries

JSON = dict[str, Any]
PREFIX = "system:serviceaccount:"
AUTHENTICATED = "system:authenticated"
CREDENTIAL_ID = "authentication.kubernetes.io/credential-id"
POD_NAME, POD_UID = "authentication.kubernetes.io/pod-name", "authentication.kubernetes.io/pod-uid"
NODE_NAME, NODE_UID = "authentication.kubernetes.io/node-name", "authentication.kubernetes.io/node-uid"
BOUND_RESOURCES = {"pod": "pods", "secret": "secrets", "node": "nodes"}
REMEMBERED = 2000  # verified tokens


class InvalidToken(Exception):
    """A service-account token that does not hold; the text says why."""


class ServiceAccounts:
    """The issuer of this cluster's service-account tokens."""

    def __init__(self, registry: registries.Registry, issuer: str, key: pathlib.Path):
        self._registry, self.issuer, self._key = registry, issuer, key
        self._signer: Any = None
        self._verified: OrderedDict[str, JSON] = OrderedDict()

    @property
    def signer(self) -> Any:
        """The signing key, loaded at first use: its library is not small."""
        if self._signer is None:
            from pyk3s.pki import jwt

            self._signer = jwt.Signer(self._key.read_bytes())
        return self._signer

    def issue(
        self, account: JSON, bound: tuple[str, JSON] | None, audiences: Sequence[str], lifetime_s: int
    ) -> tuple[str, float]:
        """A token for a ServiceAccount object, bound to (kind in lower case, object) if given; and when it ends."""
        metadata, now = account["metadata"], self._registry.clock.time()
        about: JSON = {"namespace": metadata["namespace"], "serviceaccount": _reference(metadata)}
        if bound is not None:
            kind, obj = bound
            about[kind] = _reference(obj["metadata"])
            if kind == "pod" and (node := self._node_of(obj)):
                about["node"] = node
        ends = now + lifetime_s
        claims = {
            "aud": list(audiences),
            "exp": int(ends),
            "iat": int(now),
            "iss": self.issuer,
            "jti": str(uuid.uuid4()),
            "kubernetes.io": about,
            "nbf": int(now),
            "sub": f"{PREFIX}{metadata['namespace']}:{metadata['name']}",
        }
        return self.signer.sign(claims), ends

    def recognise(self, token: str) -> identity.User | None:
        """The user of a bearer token; None if it is not of this issuer; raises 401 if it does not hold."""
        if token.count(".") != 2 or not self._is_ours(token):
            return None
        try:
            return self.review(token, (self.issuer,))[0]
        except InvalidToken:
            raise status.unauthorized() from None

    def review(self, token: str, audiences: Sequence[str]) -> tuple[identity.User, list[str]]:
        """The user and those of the audiences that the token is meant for; raises InvalidToken."""
        claims = self._claims(token)
        now = self._registry.clock.time()
        if not claims["nbf"] - 1 <= now < claims["exp"]:
            raise InvalidToken("invalid bearer token, the token has expired")
        meant = [audience for audience in audiences if audience in claims["aud"]]
        if not meant:
            stated, wanted = (_quoted(each) for each in (claims["aud"], audiences))
            raise InvalidToken(f"token audiences {stated} is invalid for the target audiences {wanted}")
        self._check_bindings(claims["kubernetes.io"])
        return _user(claims), meant

    def _is_ours(self, token: str) -> bool:
        if token in self._verified:
            return True
        from pyk3s.pki import jwt

        claims = jwt.claims_unverified(token)
        return claims is not None and claims.get("iss") == self.issuer

    def _claims(self, token: str) -> JSON:
        known = self._verified.get(token)
        if known is not None:
            return known
        from pyk3s.pki import jwt

        try:
            claims: JSON = self.signer.verify(token)
        except jwt.InvalidToken as error:
            raise InvalidToken("invalid bearer token") from error
        if not _is_complete(claims) or claims["iss"] != self.issuer:
            raise InvalidToken("invalid bearer token")
        self._verified[token] = claims
        while len(self._verified) > REMEMBERED:
            self._verified.popitem(last=False)
        return claims

    def _check_bindings(self, about: JSON) -> None:
        namespace, account = about["namespace"], about["serviceaccount"]
        self._check("serviceaccounts", namespace, account)
        for kind, plural in BOUND_RESOURCES.items():
            if kind in about and not (kind == "node" and "pod" in about):
                self._check(plural, "" if kind == "node" else namespace, about[kind])

    def _check(self, plural: str, namespace: str, reference: JSON) -> None:
        found = self._registry.read("", plural, reference["name"], namespace=namespace)
        if found is None or found["metadata"]["uid"] != reference["uid"]:
            raise InvalidToken(f"invalid bearer token, {plural} {reference['name']} is gone")

    def _node_of(self, pod: JSON) -> JSON | None:
        name = (pod.get("spec") or {}).get("nodeName")
        node = self._registry.read("", "nodes", name) if name else None
        return _reference(node["metadata"]) if node else None


def _reference(metadata: JSON) -> JSON:
    return {"name": metadata["name"], "uid": metadata["uid"]}


def _user(claims: JSON) -> identity.User:
    about = claims["kubernetes.io"]
    namespace, account = about["namespace"], about["serviceaccount"]
    extra: dict[str, tuple[str, ...]] = {CREDENTIAL_ID: (f"JTI={claims['jti']}",)}
    for kind, (name, uid) in {"node": (NODE_NAME, NODE_UID), "pod": (POD_NAME, POD_UID)}.items():
        if kind in about:
            extra |= {name: (about[kind]["name"],), uid: (about[kind]["uid"],)}
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
    return identity.User(f"{PREFIX}{namespace}:{account['name']}", groups, account["uid"], extra)


def _is_complete(claims: JSON) -> bool:
    about = claims.get("kubernetes.io")
    return (
        isinstance(claims.get("aud"), list)
        and all(isinstance(claims.get(name), int | float) and math.isfinite(claims[name]) for name in ("exp", "nbf"))
        and isinstance(about, dict)
        and isinstance(about.get("serviceaccount"), dict)
        and isinstance(claims.get("jti"), str)
    )


def _quoted(audiences: Sequence[str]) -> str:
    return "[" + " ".join(f'"{each}"' for each in audiences) + "]"
