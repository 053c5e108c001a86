"""The authorisers of `authorization-mode`, in the order in which they are asked."""

import pathlib
from collections.abc import Mapping
from dataclasses import dataclass

from pyk3s.apiserver import identity
from pyk3s.apiserver.authz import webhook
from pyk3s.apiserver.remote import endpoint
from pyk3s.lib import clock as clocks

NODE, RBAC, WEBHOOK, ALWAYS_ALLOW = "Node", "RBAC", "Webhook", "AlwaysAllow"
ALLOWED_S, REFUSED_S = 300.0, 30.0


@dataclass(frozen=True, kw_only=True)
class AuthorizationSettings:
    """Who decides. The times are how long the webhook's decisions are remembered."""

    modes: tuple[str, ...] = (NODE, RBAC)
    webhook_file: pathlib.Path | None = None
    webhook_allowed_s: float = ALLOWED_S
    webhook_refused_s: float = REFUSED_S


class AlwaysAllow:
    """Lets everybody do everything: for trying things out behind a closed door."""

    def decide(self, access: identity.Access) -> identity.Decision:
        return identity.Decision(True)


def authorizers(
    settings: AuthorizationSettings, ours: Mapping[str, identity.Authorizer], clock: clocks.Clock
) -> dict[str, identity.Authorizer]:
    """The authorisers by mode, `ours` being those of this server; raises Failure for a file that cannot be used."""
    return {mode: ours.get(mode) or _other(mode, settings, clock) for mode in settings.modes}


def _other(mode: str, settings: AuthorizationSettings, clock: clocks.Clock) -> identity.Authorizer:
    if mode == ALWAYS_ALLOW:
        return AlwaysAllow()
    if mode != WEBHOOK or settings.webhook_file is None:
        raise ValueError(f"authorization mode {mode} lacks what it needs")
    asked = endpoint.read(settings.webhook_file, "authorization-webhook-config-file")
    return webhook.Webhook(
        asked, allowed_s=settings.webhook_allowed_s, refused_s=settings.webhook_refused_s, clock=clock
    )
