"""Users by bootstrap token: `ID.SECRET`, kept in the Secret `bootstrap-token-ID` of kube-system.

A token that has expired, or is not meant for authentication, is nobody's.
"""

import base64
import binascii
import hmac
from typing import Any

from pyk3s.apiserver import identity
from pyk3s.apiserver.registry import registry as registries
from pyk3s.lib import timestamps
from pyk3s.pki import bootstrap

GROUP, AUTHENTICATED = "system:bootstrappers", "system:authenticated"


class BootstrapTokens:
    """Recognises the bootstrap tokens of a cluster."""

    def __init__(self, registry: registries.Registry):
        self._registry = registry

    def recognise(self, token: str) -> identity.User | None:
        """The user `system:bootstrap:ID`, None for what is no valid bootstrap token."""
        found = bootstrap.FORM.fullmatch(token)
        if not found:
            return None
        secret = self._registry.read("", "secrets", f"{bootstrap.PREFIX}{found[1]}", namespace=bootstrap.NAMESPACE)
        if secret is None or secret.get("type") != bootstrap.TYPE or secret["metadata"].get("deletionTimestamp"):
            return None
        told = {name: _text(value) for name, value in (secret.get("data") or {}).items()}
        if not hmac.compare_digest(told.get("token-secret", "").encode(), found[2].encode()):
            return None
        if told.get("token-id") != found[1] or told.get("usage-bootstrap-authentication") != "true":
            return None
        if self._has_ended(told.get("expiration", "")):
            return None
        groups = _groups(told.get("auth-extra-groups", ""))
        return None if groups is None else identity.User(f"system:bootstrap:{found[1]}", (*groups, AUTHENTICATED))

    def _has_ended(self, expiration: str) -> bool:
        if not expiration:
            return False
        try:
            return timestamps.parse_rfc3339(expiration) <= self._registry.clock.time()
        except ValueError:
            return True  # a date that nobody can read lets nobody in


def _groups(listed: str) -> tuple[str, ...] | None:
    """The groups of a token's user, None where one of them is not for bootstrap tokens to give."""
    more = [group for group in listed.split(",") if group]
    return (GROUP, *more) if all(bootstrap.GROUP_FORM.fullmatch(group) for group in more) else None


def _text(value: Any) -> str:
    try:
        return base64.b64decode(value).decode()
    except (binascii.Error, UnicodeDecodeError, TypeError):
        return ""
