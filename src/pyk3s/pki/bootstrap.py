"""Bootstrap tokens, `<id>.<secret>`, and the Secrets that hold them, as Kubernetes lays them out. Pure."""

import base64
import re
from typing import Any, NamedTuple

from pyk3s.lib import timestamps
from pyk3s.lib.failure import Failure

NAMESPACE, PREFIX, TYPE = "kube-system", "bootstrap-token-", "bootstrap.kubernetes.io/token"
DEFAULT_GROUP = "system:bootstrappers:k3s:default-node-token"
USAGES = ("signing", "authentication")
USAGE_PREFIX = "usage-bootstrap-"
JSON = dict[str, Any]
FORM = re.compile(r"([a-z0-9]{6})\.([a-z0-9]{16})")
GROUP_FORM = re.compile(r"system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]")


class BootstrapToken(NamedTuple):
    """A token as its Secret holds it. `expires` is in seconds since 1970, None for never."""

    token: str  # <id>.<secret>
    description: str = ""
    expires: float | None = None
    usages: tuple[str, ...] = USAGES
    groups: tuple[str, ...] = (DEFAULT_GROUP,)

    @property
    def id(self) -> str:
        return self.token.partition(".")[0]


def secret_of(token: BootstrapToken) -> JSON:
    """The Secret of a token. Raises Failure for what it cannot be."""
    identifier, _, secret = token.token.partition(".")
    if not FORM.fullmatch(token.token):
        raise Failure(f"{token.token!r} is not a bootstrap token", remedy="[a-z0-9]{6}.[a-z0-9]{16} is wanted")
    for group in token.groups:
        if not GROUP_FORM.fullmatch(group):
            raise Failure(f"the group {group!r} is refused", remedy="it must begin with system:bootstrappers:")
    told = {"token-id": identifier, "token-secret": secret}
    if token.description:
        told["description"] = token.description
    if token.expires is not None:
        told["expiration"] = timestamps.rfc3339(token.expires)
    if token.groups:
        told["auth-extra-groups"] = ",".join(token.groups)
    told |= {f"{USAGE_PREFIX}{usage}": "true" for usage in token.usages}
    data = {name: base64.b64encode(text.encode()).decode() for name, text in told.items()}
    metadata = {"name": f"{PREFIX}{identifier}", "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": TYPE, "data": data}


def read(secret: JSON) -> BootstrapToken | None:
    """The token in a Secret, None for one that is none."""
    try:
        told = {name: base64.b64decode(text).decode() for name, text in (secret.get("data") or {}).items()}
        expires = timestamps.parse_rfc3339(told["expiration"]) if told.get("expiration") else None
    except ValueError:
        return None
    if secret.get("type") != TYPE or not {"token-id", "token-secret"} <= told.keys():
        return None
    usages = tuple(name.removeprefix(USAGE_PREFIX) for name in told if name.startswith(USAGE_PREFIX))
    groups = tuple(filter(None, told.get("auth-extra-groups", "").split(",")))
    token = f"{told['token-id']}.{told['token-secret']}"
    return BootstrapToken(token, told.get("description", ""), expires, tuple(sorted(usages)), groups)
