"""What --kube-apiserver-arg takes, and what it refuses."""

import pytest

from pyk3s.config import api_server_arguments as arguments
from pyk3s.lib.failure import Failure

AUDIT = ("audit-policy-file=/p", "audit-log-path=/l")


def test_the_last_of_an_argument_counts():
    assert arguments.arguments((*AUDIT, "audit-log-maxage=1", "audit-log-maxage=30")).audit_log_maxage == 30


def test_a_switch_may_stand_alone():
    assert arguments.arguments(("anonymous-auth=false",)).anonymous_auth is False
    assert arguments.arguments(("anonymous-auth",)).anonymous_auth is True


def test_leading_dashes_are_taken_as_kube_apiserver_writes_them():
    assert arguments.arguments(("--anonymous-auth=false",)).anonymous_auth is False


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("no-such=1", "no-such is refused: supported are"),
        ("anonymous-auth=maybe", "true or false"),
        ("audit-log-maxage=-1", "not negative"),
        ("audit-log-mode=later", "supported are blocking, blocking-strict, batch"),
        ("audit-log-format=legacy", "supported is json"),
        ("audit-log-path=/only", "needs audit-policy-file beside it"),
        ("audit-policy-file=/only", "needs audit-log-path beside it"),
        ("oidc-username-claim=email", "needs oidc-issuer-url beside it"),
        ("oidc-issuer-url=https://i", "needs oidc-client-id beside it"),
        ("oidc-signing-algs=HS256", "supported are RS256"),
        ("authorization-mode=ABAC", "supported are"),
        ("authorization-mode=Node", "RBAC is wanted"),
        ("authorization-mode=RBAC,RBAC", "each mode once"),
        ("authorization-mode=RBAC,Webhook", "belong together"),
        ("authorization-config=/f", "authorization-mode and"),
        ("oidc-required-claim=a", "name=value"),
        ("event-ttl=soon", "duration"),
        ("request-timeout=60", "duration"),
        ("profiling=true", "supported is false"),
        ("service-account-lookup=false", "supported is true"),
        ("goaway-chance=0.01", "supported is 0"),
        ("tls-min-version=VersionTLS10", "supported are VersionTLS12"),
        ("tls-cipher-suites=TLS_RSA_WITH_RC4_128_SHA", "supported are"),
        ("tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "with ECDSA"),
        ("feature-gates=NoSuch=true", "NoSuch is not known"),
        ("feature-gates=WatchList=false", "always true"),
        ("encryption-provider-config=/f", "use --secrets-encryption"),
        ("max-requests-inflight=many", "whole number"),
        ("audit-policy-file=", "a value is wanted"),
    ],
)
def test_what_cannot_hold_is_refused_in_one_line(given, told):
    with pytest.raises(Failure, match=told) as refusal:
        arguments.arguments((given,))
    assert "\n" not in str(refusal.value)


def test_what_holds_anyway_is_taken():
    arguments.arguments((*AUDIT, "audit-log-format=json"))


def test_lists_are_joined_whether_repeated_or_separated_by_commas():
    found = arguments.arguments(("service-account-key-file=/a,/b", "service-account-key-file=/c"))
    assert found.service_account_key_file == ("/a", "/b", "/c")


def test_values_keep_their_commas_and_repeated_claims_add_up():
    found = arguments.arguments(
        ("authorization-mode=Node,RBAC", "oidc-issuer-url=https://i", "oidc-client-id=us",
         "oidc-required-claim=a=b", "oidc-required-claim=c=d")
    )  # fmt: skip
    assert found.authorization_mode == ("Node", "RBAC")
    assert found.oidc_required_claim == {"a": "b", "c": "d"}
