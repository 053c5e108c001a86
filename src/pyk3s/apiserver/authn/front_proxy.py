"""Users by the headers of an authenticating proxy: X-Remote-User, -Group, -Uid and -Extra-KEY.

Whether the caller is such a proxy is told by its certificate, see `certificates`: nobody else's headers are read.
"""

from urllib.parse import unquote

from pyk3s.apiserver import identity
from pyk3s.wire.http import messages

USER, GROUP, UID, EXTRA = "x-remote-user", "x-remote-group", "x-remote-uid", b"x-remote-extra-"
AUTHENTICATED, UNAUTHENTICATED = "system:authenticated", "system:unauthenticated"


def user(headers: messages.Headers) -> identity.User | None:
    """Whom the proxy speaks for; None if it says nobody."""
    name = headers.get(USER)
    if not name:
        return None
    groups = headers.get_all(GROUP)
    if name != identity.ANONYMOUS_NAME and not {AUTHENTICATED, UNAUTHENTICATED} & set(groups):
        groups.append(AUTHENTICATED)
    keys = {raw.lower().decode("latin-1") for raw, _ in headers.raw if raw.lower().startswith(EXTRA)}
    extra = {unquote(key[len(EXTRA) :]): tuple(headers.get_all(key)) for key in sorted(keys)}
    return identity.User(name, tuple(groups), headers.get(UID), extra)
