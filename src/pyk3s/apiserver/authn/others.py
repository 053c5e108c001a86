"""The authenticators outside this server: an OIDC issuer and a token webhook, as far as they are configured."""

import pathlib
import ssl
from dataclasses import dataclass

from pyk3s.apiserver.authn import oidc, tokens, webhook
from pyk3s.apiserver.remote import endpoint
from pyk3s.lib import clock as clocks
from pyk3s.lib.failure import Failure

WEBHOOK_HOLDS_S = 120.0


@dataclass(frozen=True, kw_only=True)
class OthersSettings:
    """Whom to ask. `webhook_holds_s` is how long an answer of the webhook is remembered."""

    issuer: oidc.OidcSettings | None = None
    webhook_file: pathlib.Path | None = None
    webhook_holds_s: float = WEBHOOK_HOLDS_S


class Others:
    """Recognises the tokens that none of our own authenticators knows."""

    def __init__(self, settings: OthersSettings, audiences: tuple[str, ...], clock: clocks.Clock):
        """Raises Failure for files that cannot be used."""
        self._oidc = _issuer(settings.issuer, clock) if settings.issuer is not None else None
        self._webhook: webhook.TokenWebhook | None = None
        if settings.webhook_file is not None:
            asked = endpoint.read(settings.webhook_file, "authentication-token-webhook-config-file")
            self._webhook = webhook.TokenWebhook(asked, audiences, settings.webhook_holds_s, clock)

    def install(self, known: tokens.Tokens) -> None:
        """Let bearer tokens be recognised, after those that our own authenticators know."""
        for each in (self._oidc, self._webhook):
            if each is not None:
                known.add(each.recognise)

    async def close(self) -> None:
        for each in (self._oidc, self._webhook):
            if each is not None:
                await each.close()


def _issuer(settings: oidc.OidcSettings, clock: clocks.Clock) -> oidc.Oidc:
    try:
        return oidc.Oidc(settings, clock)
    except (OSError, ssl.SSLError) as error:
        raise Failure(f"oidc-ca-file {settings.ca_file} cannot be used", remedy=str(error)) from error
