"""How service-account tokens are issued: the settings of `ServiceAccounts`."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Issuing:
    """Keys, issuer and audiences. The first key of `key` signs, all of it and of `verifying` are accepted."""

    key: Path
    verifying: tuple[Path, ...] = ()
    issuer: str = "https://kubernetes.default.svc"
    further_audiences: tuple[str, ...] = ()
    """Names of the API besides the issuer's; a token must be meant for one of them."""
    longest_s: int | None = None
    """Tokens are shortened to this; None: no limit."""
    extends: bool = True
    """Whether pods' tokens for the API hold a year, so that clients which never read them again go on. The kubelet
    renews them hourly all the same, and they end with their pod.
    """
    jwks_uri: str = ""
    """Where the keys are published, if not at this server."""

    @property
    def audiences(self) -> tuple[str, ...]:
        """What a token may be meant for to be accepted by the API."""
        return (self.issuer, *self.further_audiences)
