"""Bootstrap tokens and their Secrets, there and back."""

import pytest

from pyk3s.lib.failure import Failure
from pyk3s.pki import bootstrap

TOKEN = bootstrap.BootstrapToken("abcdef.0123456789abcdef", "for the shed", 1_800_000_000.0)


def test_a_token_survives_its_secret():
    made = bootstrap.secret_of(TOKEN)
    assert (made["metadata"]["name"], made["type"]) == ("bootstrap-token-abcdef", bootstrap.TYPE)
    assert bootstrap.read(made) == TOKEN._replace(usages=("authentication", "signing"))


@pytest.mark.parametrize("token", ["", "abcdef", "ABCDEF.0123456789abcdef", "abcdef.short"])
def test_what_is_no_token_is_refused(token):
    with pytest.raises(Failure, match="is not a bootstrap token"):
        bootstrap.secret_of(bootstrap.BootstrapToken(token))


@pytest.mark.parametrize("group", ["system:masters", "system:bootstrappers:", "system:bootstrappers:A"])
def test_groups_must_be_those_of_bootstrappers(group):
    with pytest.raises(Failure, match="must begin with system:bootstrappers:"):
        bootstrap.secret_of(TOKEN._replace(groups=(group,)))


@pytest.mark.parametrize("secret", [{}, {"type": bootstrap.TYPE}, {"type": bootstrap.TYPE, "data": {"token-id": "!"}}])
def test_other_secrets_are_no_tokens(secret):
    assert bootstrap.read(secret) is None
