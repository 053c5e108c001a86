"""`--kube-apiserver-arg name=value` as data: which of kube-apiserver's arguments are taken, how each is read, and why
others are not.

An argument that only confirms what always holds is taken in that one value. Nothing is accepted and ignored.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pyk3s.config import argument_values
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
    event_ttl: float = 3600.0
    feature_gates: Mapping[str, str] = field(default_factory=dict)
    max_requests_inflight: int = 400
    max_mutating_requests_inflight: int = 200
    request_timeout: float = 0.0
    tls_cipher_suites: tuple[str, ...] = ()
    tls_min_version: str = "VersionTLS12"


class Argument(NamedTuple):
    """How one argument is read; the value is kept under the argument's name with underscores."""

    read: Callable[[str], Any]
    join: Callable[[Any, Any], Any] | None = None  # what a repeated argument comes to; None: the last one counts


ARGUMENTS: dict[str, Argument] = {
    "anonymous-auth": Argument(argument_values.switch),
    "token-auth-file": Argument(argument_values.text),
    "authentication-token-webhook-config-file": Argument(argument_values.text),
    "authentication-token-webhook-cache-ttl": Argument(argument_values.duration),
    "oidc-issuer-url": Argument(argument_values.text),
    "oidc-client-id": Argument(argument_values.text),
    "oidc-username-claim": Argument(argument_values.text),
    "oidc-username-prefix": Argument(argument_values.text),
    "oidc-groups-claim": Argument(argument_values.text),
    "oidc-groups-prefix": Argument(argument_values.text),
    "oidc-required-claim": Argument(argument_values.pairs, operator.or_),
    "oidc-ca-file": Argument(argument_values.text),
    "oidc-signing-algs": Argument(argument_values.each_of(*OIDC_ALGORITHMS)),
    "authorization-mode": Argument(argument_values.modes),
    "authorization-webhook-config-file": Argument(argument_values.text),
    "authorization-webhook-cache-authorized-ttl": Argument(argument_values.duration),
    "authorization-webhook-cache-unauthorized-ttl": Argument(argument_values.duration),
    "enable-admission-plugins": Argument(argument_values.listed, operator.add),
    "disable-admission-plugins": Argument(argument_values.listed, operator.add),
    "admission-control-config-file": Argument(argument_values.text),
    "default-not-ready-toleration-seconds": Argument(argument_values.number),
    "default-unreachable-toleration-seconds": Argument(argument_values.number),
    "audit-policy-file": Argument(argument_values.text),
    "audit-log-path": Argument(argument_values.text),
    "audit-log-mode": Argument(argument_values.one_of("blocking", "blocking-strict", "batch")),
    "audit-log-maxage": Argument(argument_values.number),
    "audit-log-maxbackup": Argument(argument_values.number),
    "audit-log-maxsize": Argument(argument_values.number),
    "api-audiences": Argument(argument_values.listed, operator.add),
    "service-account-issuer": Argument(argument_values.listed, operator.add),
    "service-account-jwks-uri": Argument(argument_values.text),
    "service-account-key-file": Argument(argument_values.listed, operator.add),
    "service-account-max-token-expiration": Argument(argument_values.duration),
    "service-account-extend-token-expiration": Argument(argument_values.switch),
    "event-ttl": Argument(argument_values.duration),
    "feature-gates": Argument(argument_values.gates, operator.or_),
    "max-requests-inflight": Argument(argument_values.number),
    "max-mutating-requests-inflight": Argument(argument_values.number),
    "request-timeout": Argument(argument_values.duration),
    "tls-cipher-suites": Argument(argument_values.ciphers),
    "tls-min-version": Argument(argument_values.one_of("VersionTLS12", "VersionTLS13")),
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
    "allow-privileged": ("true",),
    "contention-profiling": ("false",),
    "enable-garbage-collector": ("true",),
    "goaway-chance": ("0",),
    "profiling": ("false",),
    "service-account-lookup": ("true",),
    "watch-cache": ("true",),
}
"""Arguments that are taken only with what holds anyway."""

REFUSED: dict[str, str] = {
    "advertise-address": "use --advertise-address",
    "audit-webhook-config-file": "audit events go to a file: let a log shipper read audit-log-path",
    "admission-control": "name plug-ins in enable-admission-plugins and disable-admission-plugins",
    "authorization-config": "say the same with authorization-mode and the authorization-webhook-* arguments",
    "authorization-policy-file": "ABAC is not supported: write Roles, or use mode Webhook",
    "authentication-config": "say the same with the oidc-* arguments, or use a token webhook",
    "bind-address": "use --bind-address",
    "client-ca-file": "the server keeps its own authorities; replace them with `k3s certificate rotate-ca`",
    "encryption-provider-config": "use --secrets-encryption",
    "etcd-servers": "use --datastore-endpoint",
    "runtime-config": "what is served is what Kubernetes turns on by default",
    "secure-port": "use --https-listen-port",
    "service-cluster-ip-range": "use --service-cidr",
    "service-node-port-range": "use --service-node-port-range",
    "tls-cert-file": "the server issues its own certificate; name further hosts with --tls-san",
    "v": "use --debug",
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
        except argument_values.BadValue as error:
            raise Failure(f"invalid value {value!r} for {FLAG} {name}", remedy=str(error)) from None
    found = ApiServerArguments(**values)
    _check_together(found)
    return found


def _implied(argument: Argument) -> str:
    """A switch may stand alone."""
    return "true" if argument.read is argument_values.switch else ""


def _check_fixed(name: str, value: str) -> None:
    if name in FIXED:
        argument_values.one_of(*FIXED[name])(value)
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
