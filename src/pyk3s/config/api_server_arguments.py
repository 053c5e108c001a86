"""`--kube-apiserver-arg name=value` as data: which of kube-apiserver's arguments are taken, how each is read, and why
others are not.

An argument that only confirms what always holds is taken in that one value. Nothing is accepted and ignored.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pyk3s.config import durations
from pyk3s.lib.failure import Failure

FLAG = "--kube-apiserver-arg"
OIDC_ALGORITHMS = tuple(f"{kind}{bits}" for kind in ("RS", "PS", "ES") for bits in (256, 384, 512))


@dataclass(frozen=True)
class ApiServerArguments:
    """The arguments that were given, and the defaults of the others. Times in seconds."""

    anonymous_auth: bool = True
    token_auth_file: str = ""
    authentication_token_webhook_config_file: str = ""
    authentication_token_webhook_cache_ttl: float = 120.0
    oidc_issuer_url: str = ""
    oidc_client_id: str = ""
    oidc_username_claim: str = "sub"
    oidc_username_prefix: str = ""
    oidc_groups_claim: str = ""
    oidc_groups_prefix: str = ""
    oidc_required_claim: Mapping[str, str] = field(default_factory=dict)
    oidc_ca_file: str = ""
    oidc_signing_algs: tuple[str, ...] = ("RS256",)
    authorization_mode: tuple[str, ...] = ("Node", "RBAC")
    authorization_webhook_config_file: str = ""
    authorization_webhook_cache_authorized_ttl: float = 300.0
    authorization_webhook_cache_unauthorized_ttl: float = 30.0
    enable_admission_plugins: tuple[str, ...] = ()
    disable_admission_plugins: tuple[str, ...] = ()
    admission_control_config_file: str = ""
    default_not_ready_toleration_seconds: int = 300
    default_unreachable_toleration_seconds: int = 300
    audit_policy_file: str = ""
    audit_log_path: str = ""
    audit_log_mode: str = "blocking"
    audit_log_maxage: int = 0
    audit_log_maxbackup: int = 0
    audit_log_maxsize: int = 0
    api_audiences: tuple[str, ...] = ()
    service_account_issuer: tuple[str, ...] = ()
    service_account_jwks_uri: str = ""
    service_account_key_file: tuple[str, ...] = ()
    service_account_max_token_expiration: float = 0.0
    service_account_extend_token_expiration: bool = True


class BadValue(ValueError):
    """The text is what is wanted instead."""


class Argument(NamedTuple):
    """How one argument is read; the value is kept under the argument's name with underscores."""

    read: Callable[[str], Any]
    join: Callable[[Any, Any], Any] | None = None  # what a repeated argument comes to; None: the last one counts


def _text(value: str) -> str:
    if not value:
        raise BadValue("a value is wanted")
    return value


def _switch(value: str) -> bool:
    if value.lower() not in ("true", "false", "1", "0"):
        raise BadValue("true or false is wanted")
    return value.lower() in ("true", "1")


def number(value: str) -> int:
    if not value.isdigit():
        raise BadValue("a whole number that is not negative is wanted")
    return int(value)


def duration(value: str) -> float:
    try:
        return durations.seconds(value)
    except ValueError as error:
        raise BadValue(str(error)) from None


def _listed(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _modes(value: str) -> tuple[str, ...]:
    modes = _each_of("Node", "RBAC", "Webhook", "AlwaysAllow")(value)
    if len(set(modes)) < len(modes):
        raise BadValue("each mode once is wanted")
    if "RBAC" not in modes and "AlwaysAllow" not in modes:
        raise BadValue("RBAC is wanted among them: the roles of this server's own parts are kept there")
    return modes


def _pairs(value: str) -> dict[str, str]:
    found = dict(text.partition("=")[::2] for text in _listed(value))
    if not found or not all(name and text for name, text in found.items()):
        raise BadValue("name=value is wanted")
    return found


def _each_of(*choices: str) -> Callable[[str], tuple[str, ...]]:
    def read(value: str) -> tuple[str, ...]:
        listed = _listed(value)
        if not listed or not set(listed) <= set(choices):
            raise BadValue(f"supported are {', '.join(choices)}")
        return listed

    return read


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in choices:
            raise BadValue(f"supported {'is' if len(choices) == 1 else 'are'} {', '.join(choices)}")
        return value

    return read


ARGUMENTS: dict[str, Argument] = {
    "anonymous-auth": Argument(_switch),
    "token-auth-file": Argument(_text),
    "authentication-token-webhook-config-file": Argument(_text),
    "authentication-token-webhook-cache-ttl": Argument(duration),
    "oidc-issuer-url": Argument(_text),
    "oidc-client-id": Argument(_text),
    "oidc-username-claim": Argument(_text),
    "oidc-username-prefix": Argument(_text),
    "oidc-groups-claim": Argument(_text),
    "oidc-groups-prefix": Argument(_text),
    "oidc-required-claim": Argument(_pairs, operator.or_),
    "oidc-ca-file": Argument(_text),
    "oidc-signing-algs": Argument(_each_of(*OIDC_ALGORITHMS)),
    "authorization-mode": Argument(_modes),
    "authorization-webhook-config-file": Argument(_text),
    "authorization-webhook-cache-authorized-ttl": Argument(duration),
    "authorization-webhook-cache-unauthorized-ttl": Argument(duration),
    "enable-admission-plugins": Argument(_listed, operator.add),
    "disable-admission-plugins": Argument(_listed, operator.add),
    "admission-control-config-file": Argument(_text),
    "default-not-ready-toleration-seconds": Argument(number),
    "default-unreachable-toleration-seconds": Argument(number),
    "audit-policy-file": Argument(_text),
    "audit-log-path": Argument(_text),
    "audit-log-mode": Argument(_one_of("blocking", "blocking-strict", "batch")),
    "audit-log-maxage": Argument(number),
    "audit-log-maxbackup": Argument(number),
    "audit-log-maxsize": Argument(number),
    "api-audiences": Argument(_listed, operator.add),
    "service-account-issuer": Argument(_listed, operator.add),
    "service-account-jwks-uri": Argument(_text),
    "service-account-key-file": Argument(_listed, operator.add),
    "service-account-max-token-expiration": Argument(duration),
    "service-account-extend-token-expiration": Argument(_switch),
}

_AUDIT_WHY = "the policy says what is recorded, the path where"
_OIDC_WHY = "OIDC needs an issuer and a client"
_WEBHOOK_WHY = "the file says where the webhook listens"
TOGETHER: tuple[tuple[str, str, str], ...] = (
    ("audit-log-path", "audit-policy-file", _AUDIT_WHY),
    *((name, "audit-log-path", _AUDIT_WHY) for name in ARGUMENTS if name.startswith("audit-") and "path" not in name),
    *((name, "oidc-issuer-url", _OIDC_WHY) for name in ARGUMENTS if name.startswith("oidc-")),
    ("oidc-issuer-url", "oidc-client-id", _OIDC_WHY),
    ("authentication-token-webhook-cache-ttl", "authentication-token-webhook-config-file", _WEBHOOK_WHY),
    ("authorization-webhook-cache-authorized-ttl", "authorization-webhook-config-file", _WEBHOOK_WHY),
    ("authorization-webhook-cache-unauthorized-ttl", "authorization-webhook-config-file", _WEBHOOK_WHY),
)
"""What is not taken without something else, and why."""

FIXED: dict[str, tuple[str, ...]] = {
    "audit-log-format": ("json",),
    "audit-log-version": ("audit.k8s.io/v1",),
    "authentication-token-webhook-version": ("v1",),
    "authorization-webhook-version": ("v1",),
}
"""Arguments that are taken only with what holds anyway."""

REFUSED: dict[str, str] = {
    "audit-webhook-config-file": "audit events go to a file: let a log shipper read audit-log-path",
    "admission-control": "name plug-ins in enable-admission-plugins and disable-admission-plugins",
    "authorization-config": "say the same with authorization-mode and the authorization-webhook-* arguments",
    "authorization-policy-file": "ABAC is not supported: write Roles, or use mode Webhook",
    "authentication-config": "say the same with the oidc-* arguments, or use a token webhook",
}
"""Why a known argument is not taken."""


def arguments(given: Sequence[str]) -> ApiServerArguments:
    """The values of `name=value` texts: lists are joined, of others the last one counts; raises Failure."""
    values: dict[str, Any] = {}
    for text in given:
        name, has_value, value = text.removeprefix("--").partition("=")
        argument = ARGUMENTS.get(name)
        try:
            if argument is not None:
                key, read = name.replace("-", "_"), argument.read(value if has_value else _implied(argument))
                values[key] = argument.join(values[key], read) if argument.join and key in values else read
            else:
                _check_fixed(name, value)
        except BadValue as error:
            raise Failure(f"invalid value {value!r} for {FLAG} {name}", remedy=str(error)) from None
    found = ApiServerArguments(**values)
    _check_together(found)
    return found


def _implied(argument: Argument) -> str:
    """A switch may stand alone."""
    return "true" if argument.read is _switch else ""


def _check_fixed(name: str, value: str) -> None:
    if name in FIXED:
        _one_of(*FIXED[name])(value)
    elif name in REFUSED:
        raise Failure(f"{FLAG} {name} is refused", remedy=REFUSED[name])
    else:
        raise Failure(f"{FLAG} {name} is refused", remedy=f"supported are {', '.join(sorted((*ARGUMENTS, *FIXED)))}")


def _check_together(found: ApiServerArguments) -> None:
    """What makes no sense without something else."""
    for named, needed, why in TOGETHER:
        if _is_given(found, named) and not _is_given(found, needed):
            raise Failure(f"{FLAG} {named} needs {needed} beside it", remedy=why)
    if ("Webhook" in found.authorization_mode) is not bool(found.authorization_webhook_config_file):
        raise Failure(
            f"{FLAG} authorization-mode Webhook and authorization-webhook-config-file belong together",
            remedy="give both or none",
        )
    if found.oidc_issuer_url and not found.oidc_issuer_url.startswith("https://"):
        raise Failure(f"{FLAG} oidc-issuer-url {found.oidc_issuer_url} is refused", remedy="https:// is wanted")


def _is_given(found: ApiServerArguments, name: str) -> bool:
    field_name = name.replace("-", "_")
    return bool(getattr(found, field_name) != getattr(ApiServerArguments(), field_name))
