"""Service accounts: makes their tokens and recognises them, those kept in Secrets of old included.

A token holds as long as its signature, its times, its audience, and the objects that it is bound to: delete the account
or the pod, and it is worth nothing. One from a Secret never ends, but holds only while that Secret carries it.
Signatures are checked once per token and process, everything else at every use.
"""

import base64
import binascii
import hmac
import math
import uuid
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from pyk3s.api import status
from pyk3s.apiserver import identity
from pyk3s.apiserver.authn.issuing import Issuing
from pyk3s.apiserver.registry import registry as registries

JSON = dict[str, Any]
PREFIX = "system:serviceaccount:"
AUTHENTICATED = "system:authenticated"
CREDENTIAL_ID = "authentication.kubernetes.io/credential-id"
POD_NAME, POD_UID = "authentication.kubernetes.io/pod-name", "authentication.kubernetes.io/pod-uid"
NODE_NAME, NODE_UID = "authentication.kubernetes.io/node-name", "authentication.kubernetes.io/node-uid"
BOUND_RESOURCES = {"pod": "pods", "secret": "secrets", "node": "nodes"}
LEGACY_ISSUER = "kubernetes/serviceaccount"
LEGACY = "kubernetes.io/serviceaccount/"
INVALID_SINCE = "kubernetes.io/legacy-token-invalid-since"
EXTENDED_S = 365 * 24 * 3600
REMEMBERED = 2000  # verified tokens


class InvalidToken(Exception):
    """A service-account token that does not hold; the text says why."""


class ServiceAccounts:
    """The issuer of this cluster's service-account tokens."""

    def __init__(self, registry: registries.Registry, issuing: Issuing):
        self._registry, self.issuing, self.issuer = registry, issuing, issuing.issuer
        self.on_secret_use: Callable[[JSON], None] = lambda secret: None
        """Called with the Secret whose token is used."""
        self._keys: Any = None
        self._verified: OrderedDict[str, JSON] = OrderedDict()

    @property
    def keys(self) -> Any:
        """The keys, loaded at first use: their library is not small. A restart takes in others."""
        if self._keys is None:
            from pyk3s.pki import jwt

            further = [path.read_bytes() for path in self.issuing.verifying]
            self._keys = jwt.Keys(self.issuing.key.read_bytes(), further)
        return self._keys

    def issue(
        self, account: JSON, bound: tuple[str, JSON] | None, audiences: Sequence[str], lifetime_s: int, *, extend: bool
    ) -> tuple[str, float]:
        """A token for a ServiceAccount object, bound to (kind in lower case, object) if given; and when it ends.

        With `extend` it holds for a year, and says by when it should have been replaced: the end that is returned.
        """
        metadata, now = account["metadata"], self._registry.clock.time()
        about: JSON = {"namespace": metadata["namespace"], "serviceaccount": _reference(metadata)}
        if bound is not None:
            kind, obj = bound
            about[kind] = _reference(obj["metadata"])
            if kind == "pod" and (node := self._node_of(obj)):
                about["node"] = node
        ends = now + lifetime_s
        if extend:
            about["warnafter"] = int(ends)
        claims = {
            "aud": list(audiences),
            "exp": int(now + EXTENDED_S if extend else ends),
            "iat": int(now),
            "iss": self.issuer,
            "jti": str(uuid.uuid4()),
            "kubernetes.io": about,
            "nbf": int(now),
            "sub": f"{PREFIX}{metadata['namespace']}:{metadata['name']}",
        }
        return self.keys.sign(claims), ends

    def recognise(self, token: str) -> identity.User | None:
        """The user of a bearer token; None if it is not of this issuer; raises 401 if it does not hold."""
        if token.count(".") != 2 or not self._is_ours(token):
            return None
        try:
            return self.review(token, self.issuing.audiences)[0]
        except InvalidToken:
            raise status.unauthorized() from None

    def review(self, token: str, audiences: Sequence[str]) -> tuple[identity.User, list[str]]:
        """The user and those of the audiences that the token is meant for; raises InvalidToken."""
        claims = self._claims(token)
        if claims["iss"] == LEGACY_ISSUER:
            stated: Sequence[str] = self.issuing.audiences
        else:
            stated = claims["aud"]
            if not claims["nbf"] - 1 <= self._registry.clock.time() < claims["exp"]:
                raise InvalidToken("invalid bearer token, the token has expired")
        everything = self.issuing.meant_for(stated)
        meant = [audience for audience in audiences if audience in everything]
        if not meant:
            told, wanted = (_quoted(each) for each in (stated, audiences))
            raise InvalidToken(f"token audiences {told} is invalid for the target audiences {wanted}")
        if claims["iss"] == LEGACY_ISSUER:
            return self._of_secret(claims, token), meant
        self._check_bindings(claims["kubernetes.io"])
        return _user(claims), meant

    def _is_ours(self, token: str) -> bool:
        if token in self._verified:
            return True
        from pyk3s.pki import jwt

        claims = jwt.claims_unverified(token)
        return claims is not None and claims.get("iss") in (*self.issuing.issuers, LEGACY_ISSUER)

    def _claims(self, token: str) -> JSON:
        known = self._verified.get(token)
        if known is not None:
            return known
        from pyk3s.pki import jwt

        try:
            claims: JSON = self.keys.verify(token)
        except jwt.InvalidToken as error:
            raise InvalidToken("invalid bearer token") from error
        if not _is_complete(claims, self.issuing.issuers):
            raise InvalidToken("invalid bearer token")
        self._verified[token] = claims
        while len(self._verified) > REMEMBERED:
            self._verified.popitem(last=False)
        return claims

    def _of_secret(self, claims: JSON, token: str) -> identity.User:
        """The user of a token that its Secret still carries."""
        namespace, name, uid, secret_name = (claims[LEGACY + key] for key in _LEGACY_CLAIMS)
        secret = self._registry.read("", "secrets", secret_name, namespace=namespace)
        metadata = secret["metadata"] if secret else {}
        if secret is None or metadata.get("deletionTimestamp") or INVALID_SINCE in (metadata.get("labels") or {}):
            raise InvalidToken("invalid bearer token, its Secret is gone or marked invalid")
        if not hmac.compare_digest(_decoded((secret.get("data") or {}).get("token", "")), token.encode()):
            raise InvalidToken("invalid bearer token, its Secret carries another")
        self._check("serviceaccounts", namespace, {"name": name, "uid": uid})
        self.on_secret_use(secret)
        return identity.User(f"{PREFIX}{namespace}:{name}", _groups(namespace), uid)

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


def _groups(namespace: str) -> tuple[str, ...]:
    return ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)


def _user(claims: JSON) -> identity.User:
    about = claims["kubernetes.io"]
    namespace, account = about["namespace"], about["serviceaccount"]
    extra: dict[str, tuple[str, ...]] = {CREDENTIAL_ID: (f"JTI={claims['jti']}",)}
    for kind, (name, uid) in {"node": (NODE_NAME, NODE_UID), "pod": (POD_NAME, POD_UID)}.items():
        if kind in about:
            extra |= {name: (about[kind]["name"],), uid: (about[kind]["uid"],)}
    return identity.User(f"{PREFIX}{namespace}:{account['name']}", _groups(namespace), account["uid"], extra)


_LEGACY_CLAIMS = ("namespace", "service-account.name", "service-account.uid", "secret.name")


def _is_complete(claims: JSON, issuers: Sequence[str]) -> bool:
    if claims.get("iss") == LEGACY_ISSUER:
        namespace, name, *_ = values = [claims.get(LEGACY + key) for key in _LEGACY_CLAIMS]
        return all(isinstance(each, str) for each in values) and claims.get("sub") == f"{PREFIX}{namespace}:{name}"
    about = claims.get("kubernetes.io")
    return (
        claims.get("iss") in issuers
        and isinstance(claims.get("aud"), list)
        and all(isinstance(claims.get(name), int | float) and math.isfinite(claims[name]) for name in ("exp", "nbf"))
        and isinstance(about, dict)
        and isinstance(about.get("serviceaccount"), dict)
        and isinstance(claims.get("jti"), str)
    )


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return b""


def _quoted(audiences: Sequence[str]) -> str:
    return "[" + " ".join(f'"{each}"' for each in audiences) + "]"
