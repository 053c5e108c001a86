"""What others need to verify service-account tokens by themselves: OpenID Connect's discovery document and the keys."""

from typing import Any

import msgspec

from pyk3s.apiserver.authn import service_accounts
from pyk3s.wire.http import messages

CONFIGURATION, KEYS = "/.well-known/openid-configuration", "/openid/v1/jwks"
_CACHED = (b"Cache-Control", b"public, max-age=3600")


class IssuerDocuments:
    """Answers for the two paths; `address` is host and port under which this server is known."""

    def __init__(self, accounts: service_accounts.ServiceAccounts, address: str):
        self._accounts = accounts
        self._keys_uri = accounts.issuing.jwks_uri or f"https://{address}{KEYS}"

    def serves(self, path: str) -> bool:
        return path.rstrip("/") in (CONFIGURATION, KEYS)

    def answer(self, path: str) -> messages.Response:
        if path.rstrip("/") == KEYS:
            return _answer(self._accounts.keys.jwks(), b"application/jwk-set+json")
        algorithms = sorted({key.algorithm for key in self._accounts.keys.verifying})
        document = {
            "issuer": self._accounts.issuer,
            "jwks_uri": self._keys_uri,
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": algorithms,
        }
        return _answer(document, b"application/json")


def _answer(value: Any, media: bytes) -> messages.Response:
    return messages.Response(200, ((b"Content-Type", media), _CACHED), msgspec.json.encode(value))
