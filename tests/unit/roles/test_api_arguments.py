"""From arguments of kube-apiserver to the settings of parts."""

import ssl
from types import SimpleNamespace

import pytest

from pyk3s.config import api_server_arguments, argument_values
from pyk3s.roles import api_arguments


def given(*texts):
    return api_server_arguments.arguments(texts)


def secured(*texts):
    return api_arguments.secured(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), given(*texts))


def test_tls_is_at_least_of_the_version_asked_for():
    assert secured().minimum_version is ssl.TLSVersion.TLSv1_2
    assert secured("tls-min-version=VersionTLS13").minimum_version is ssl.TLSVersion.TLSv1_3


@pytest.mark.parametrize("name", [name for name in argument_values.GO_CIPHERS if "ECDSA" in name])
def test_only_the_suites_asked_for_are_offered(name):
    offered = {each["name"] for each in secured(f"tls-cipher-suites={name}").get_ciphers()}
    assert {each for each in offered if not each.startswith("TLS_")} == {argument_values.GO_CIPHERS[name]}


@pytest.mark.parametrize(
    ("texts", "prefix"),
    [((), "https://i#"), (("oidc-username-prefix=-",), ""), (("oidc-username-claim=email",), "")],
)
def test_names_of_an_issuers_users_begin_with_its_address_unless_told_otherwise(texts, prefix):
    settings = api_arguments.other_authenticators(given("oidc-issuer-url=https://i", "oidc-client-id=us", *texts))
    assert settings.issuer.username_prefix == prefix


def test_no_audit_log_is_kept_unless_asked_for():
    assert api_arguments.audit(given()) is None
    found = api_arguments.audit(given("audit-policy-file=/p", "audit-log-path=/l", "audit-log-maxbackup=10"))
    assert (str(found.policy_file), found.log_path, found.rotation.backups) == ("/p", "/l", 10)


def named(tmp_path, *texts):
    settings = SimpleNamespace(
        api_server_arguments=given(*texts), cluster_domain="cluster.local", paths=SimpleNamespace(tls=tmp_path)
    )
    made = api_arguments.issuing(settings)
    return made.issuer, made.audiences, made.names


def test_tokens_are_issued_as_k3s_does_for_the_audience_that_upstream_has(tmp_path):
    issuer, audience = "https://kubernetes.default.svc.cluster.local", "https://kubernetes.default.svc"
    assert named(tmp_path) == (issuer, (audience,), (audience, issuer, "k3s"))


def test_audiences_that_are_given_are_the_only_ones(tmp_path):
    texts = ("service-account-issuer=https://me", "api-audiences=https://me,api")
    assert named(tmp_path, *texts) == ("https://me", ("https://me", "api"), ("https://me", "api"))
