"""Who asks, and how the parts that decide about it plug in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from pyk3s.wire.http import messages

ANONYMOUS_NAME = "system:anonymous"
MASTERS = "system:masters"


@dataclass(frozen=True, slots=True)
class User:
    """An authenticated user."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: dict[str, tuple[str, ...]] = field(default_factory=dict)


ANONYMOUS = User(ANONYMOUS_NAME, ("system:unauthenticated",))


class Unsettled(Exception):
    """Whether credentials hold, or access is allowed, must be asked elsewhere.

    Raised by authenticators and authorisers, which never wait. `settle` asks; afterwards the same question is answered
    at once. It raises StatusError if too many questions are open.
    """

    def __init__(self, settle: Callable[[], Awaitable[None]]):
        super().__init__("this must be asked elsewhere")
        self.settle = settle


class Authenticator(Protocol):
    """Recognises a request's credentials: a User, or None if there are none of its kind; raises 401 for bad ones.

    May raise Unsettled.
    """

    def authenticate(self, request: messages.Request) -> User | None: ...


class Access(NamedTuple):
    """What is asked for: a resource, or a plain path if `plural` is empty."""

    user: User
    verb: str
    group: str = ""
    version: str = ""
    plural: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""
    selects: tuple[tuple[str, str], ...] = ()  # fields that the request's selector requires to equal a value

    def field(self, name: str) -> str:
        """The value that a field selector requires of a field, or nothing."""
        return dict(self.selects).get(name, "")


class Decision(NamedTuple):
    """Whether access is allowed; a reason goes into the refusal. What is denied, nobody after may allow."""

    allowed: bool
    reason: str = ""
    denied: bool = False


class Authorizer(Protocol):
    """Decides about access. Called for every request of everyone, so it must be an index look-up.

    May raise Unsettled.
    """

    def decide(self, access: Access) -> Decision: ...


def user_info(user: User) -> dict[str, Any]:
    """A user as authentication.k8s.io/v1 UserInfo says it: in reviews, admission requests, audit events."""
    told: dict[str, Any] = {"username": user.name}
    if user.uid:
        told["uid"] = user.uid
    if user.groups:
        told["groups"] = list(user.groups)
    if user.extra:
        told["extra"] = {key: list(values) for key, values in user.extra.items()}
    return told
