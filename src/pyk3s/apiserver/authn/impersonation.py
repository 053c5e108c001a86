"""Acting as somebody else: the headers `Impersonate-*`, each of which the real user must be allowed to use."""

from urllib.parse import unquote

from pyk3s.api import status
from pyk3s.apiserver import identity
from pyk3s.wire.http import messages

USER, GROUP, UID, EXTRA = "impersonate-user", "impersonate-group", "impersonate-uid", "impersonate-extra-"
_PREFIX = b"impersonate-"
_INITIALS = (b"i", b"I")  # looked at first: few headers begin so
ACCOUNT = "system:serviceaccount:"
AUTHENTICATED, UNAUTHENTICATED = "system:authenticated", "system:unauthenticated"
AUTHENTICATION = "authentication.k8s.io"


def wanted(request: messages.Request) -> identity.User | None:
    """Whom a request wants to act as, None without the headers; raises 400 for headers without a user name."""
    headers = request.headers
    present = {
        key.lower().decode("latin-1")
        for key, _ in headers.raw
        if key[:1] in _INITIALS and key[: len(_PREFIX)].lower() == _PREFIX
    }
    if not present:
        return None
    name, uid = headers.get(USER) or "", headers.get(UID) or ""
    groups = tuple(headers.get_all(GROUP))
    extra: dict[str, tuple[str, ...]] = {}
    for header in sorted(each for each in present if each.startswith(EXTRA)):
        extra[unquote(header[len(EXTRA) :])] = tuple(headers.get_all(header))
    if name:
        return identity.User(name, groups, uid, extra)
    if groups or uid or extra:
        raise status.bad_request(f"requested {_told(groups, uid, extra)} without impersonating a user name")
    return None


def needed(actor: identity.User, target: identity.User) -> list[identity.Access]:
    """What the actor must be allowed to, to act as the target."""
    found = []
    if _is_account(target.name):
        namespace, name = target.name[len(ACCOUNT) :].split(":")
        found.append(identity.Access(actor, "impersonate", "", "v1", "serviceaccounts", namespace=namespace, name=name))
    else:
        found.append(identity.Access(actor, "impersonate", "", "v1", "users", name=target.name))
    found += [identity.Access(actor, "impersonate", "", "v1", "groups", name=group) for group in target.groups]
    if target.uid:
        found.append(identity.Access(actor, "impersonate", AUTHENTICATION, "v1", "uids", name=target.uid))
    for key, values in target.extra.items():
        found += [
            identity.Access(actor, "impersonate", AUTHENTICATION, "v1", "userextras", subresource=key, name=value)
            for value in values
        ]
    return found


def complete(target: identity.User) -> identity.User:
    """The target with the groups that everyone of its kind is in."""
    groups = list(target.groups)
    if _is_account(target.name) and not groups:
        namespace = target.name[len(ACCOUNT) :].split(":")[0]
        groups += ["system:serviceaccounts", f"system:serviceaccounts:{namespace}"]
    if target.name == identity.ANONYMOUS_NAME:
        if UNAUTHENTICATED not in groups:
            groups.append(UNAUTHENTICATED)
    elif AUTHENTICATED not in groups and UNAUTHENTICATED not in groups:
        groups.append(AUTHENTICATED)
    return identity.User(target.name, tuple(groups), target.uid, target.extra)


def _is_account(name: str) -> bool:
    parts = name[len(ACCOUNT) :].split(":")
    return name.startswith(ACCOUNT) and len(parts) == 2 and all(parts)


def _told(groups: tuple[str, ...], uid: str, extra: dict[str, tuple[str, ...]]) -> str:
    """A user as the API prints one."""
    listed = "[]string{" + ", ".join(f'"{group}"' for group in groups) + "}" if groups else "[]string(nil)"
    pairs = ", ".join(
        f'"{key}":[]string{{{", ".join(chr(34) + value + chr(34) for value in values)}}}'
        for key, values in sorted(extra.items())
    )
    more = f"map[string][]string{{{pairs}}}" if extra else "map[string][]string(nil)"
    return f'&user.DefaultInfo{{Name:"", UID:"{uid}", Groups:{listed}, Extra:{more}}}'
