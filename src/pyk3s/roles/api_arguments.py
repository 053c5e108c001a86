"""From `--kube-apiserver-arg` to the settings of the API server's parts."""

import pathlib
import ssl

from pyk3s.apiserver.admission.selection import AdmissionSettings
from pyk3s.apiserver.audit import files
from pyk3s.apiserver.audit.settings import AuditSettings
from pyk3s.apiserver.authn.issuing import Issuing
from pyk3s.apiserver.authn.oidc import OidcSettings
from pyk3s.apiserver.authn.others import OthersSettings
from pyk3s.apiserver.authz.modes import AuthorizationSettings
from pyk3s.config.api_server_arguments import ApiServerArguments
from pyk3s.config.settings import ServerSettings

AUDIENCE = "https://kubernetes.default.svc"
_TLS_VERSIONS = {"VersionTLS12": ssl.TLSVersion.TLSv1_2, "VersionTLS13": ssl.TLSVersion.TLSv1_3}


def audit(given: ApiServerArguments) -> AuditSettings | None:
    """The audit log, None where none is wanted."""
    if not given.audit_policy_file:
        return None
    return AuditSettings(
        policy_file=pathlib.Path(given.audit_policy_file),
        log_path=given.audit_log_path,
        rotation=files.Rotation(given.audit_log_maxsize, given.audit_log_maxbackup, given.audit_log_maxage),
        mode=given.audit_log_mode,
    )


def other_authenticators(given: ApiServerArguments) -> OthersSettings:
    """The OIDC issuer and the token webhook."""
    return OthersSettings(
        issuer=_oidc(given) if given.oidc_issuer_url else None,
        webhook_file=_path(given.authentication_token_webhook_config_file),
        webhook_holds_s=given.authentication_token_webhook_cache_ttl,
    )


def secured(context: ssl.SSLContext, given: ApiServerArguments) -> ssl.SSLContext:
    """The listener's TLS with the versions and suites that are asked for. Those of TLS 1.3 are all good."""
    context.minimum_version = _TLS_VERSIONS[given.tls_min_version]
    if given.tls_cipher_suites:
        context.set_ciphers(":".join(given.tls_cipher_suites))
    return context


def authorization(given: ApiServerArguments) -> AuthorizationSettings:
    """The modes of authorisation."""
    return AuthorizationSettings(
        modes=given.authorization_mode,
        webhook_file=_path(given.authorization_webhook_config_file),
        webhook_allowed_s=given.authorization_webhook_cache_authorized_ttl,
        webhook_refused_s=given.authorization_webhook_cache_unauthorized_ttl,
    )


def admission(given: ApiServerArguments) -> AdmissionSettings:
    """Which admission plug-ins are on, and how they are configured."""
    return AdmissionSettings(
        enable=given.enable_admission_plugins,
        disable=given.disable_admission_plugins,
        config_file=_path(given.admission_control_config_file),
        not_ready_s=given.default_not_ready_toleration_seconds,
        unreachable_s=given.default_unreachable_toleration_seconds,
    )


def _oidc(given: ApiServerArguments) -> OidcSettings:
    """Names of an issuer's users begin with its address unless another prefix, or `-` for none, is given."""
    prefix = given.oidc_username_prefix
    if not prefix and given.oidc_username_claim != "email":
        prefix = f"{given.oidc_issuer_url}#"
    return OidcSettings(
        issuer=given.oidc_issuer_url,
        client_id=given.oidc_client_id,
        username_claim=given.oidc_username_claim,
        username_prefix="" if prefix == "-" else prefix,
        groups_claim=given.oidc_groups_claim,
        groups_prefix=given.oidc_groups_prefix,
        required_claims=given.oidc_required_claim,
        ca_file=_path(given.oidc_ca_file),
        algorithms=given.oidc_signing_algs,
    )


def issuing(settings: ServerSettings) -> Issuing:
    """K3s' issuer and upstream's audience, unless others are given; K3s' own names of the API are accepted too."""
    given = settings.api_server_arguments
    issuer, *former = given.service_account_issuer or (f"https://kubernetes.default.svc.{settings.cluster_domain}",)
    return Issuing(
        key=settings.paths.tls / "service.key",
        verifying=tuple(pathlib.Path(path) for path in given.service_account_key_file),
        issuer=issuer,
        former_issuers=tuple(former),
        audience_names=given.api_audiences or (AUDIENCE,),
        other_names=() if given.api_audiences else (issuer, "k3s"),
        longest_s=int(given.service_account_max_token_expiration) or None,
        extends=given.service_account_extend_token_expiration,
        jwks_uri=given.service_account_jwks_uri,
    )


def _path(text: str) -> pathlib.Path | None:
    return pathlib.Path(text) if text else None
