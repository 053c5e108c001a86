"""How service-account tokens are issued: the settings of `ServiceAccounts`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Issuing:
    """Keys, issuer and audiences. The first key of `key` signs, all of it and of `verifying` are accepted."""

    key: Path
    verifying: tuple[Path, ...] = ()
    issuer: str = "https://kubernetes.default.svc"
    former_issuers: tuple[str, ...] = ()
    """Names under which this cluster issued before: their tokens are still accepted."""
    audience_names: tuple[str, ...] = ()
    """Names of the API, one of which a token must be meant for; the issuer's alone if none is given."""
    other_names: tuple[str, ...] = ()
    """Further names of the API, which mean the same as the audiences: accepted, but not put into tokens unasked."""
    longest_s: int | None = None
    """Tokens are shortened to this; None: no limit."""
    extends: bool = True
    """Whether pods' tokens for the API hold a year, so that clients which never read them again go on. The kubelet
    renews them hourly all the same, and they end with their pod.
    """
    jwks_uri: str = ""
    """Where the keys are published, if not at this server."""

    @property
    def issuers(self) -> tuple[str, ...]:
        """Whose tokens are accepted."""
        return (self.issuer, *self.former_issuers)

    @property
    def audiences(self) -> tuple[str, ...]:
        """What a token is meant for that is to be accepted by the API."""
        return self.audience_names or (self.issuer,)

    @property
    def names(self) -> tuple[str, ...]:
        """All that the API is called in tokens."""
        return (*self.audiences, *self.other_names)

    def meant_for(self, stated: Sequence[str]) -> Sequence[str]:
        """Everything that a token is meant for, given the audiences that it states."""
        if self.other_names and any(name in self.names for name in stated):
            return (*stated, *self.names)
        return stated
