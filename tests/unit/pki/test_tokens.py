"""Join tokens: their forms, and the files a server keeps them in."""

import pytest

from pyk3s.pki import token_files, tokens

HASH = "ab" * 32


@pytest.fixture
def server(tmp_path):
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls/server-ca.crt").write_bytes(b"authority")
    return tmp_path


def test_a_short_token_pins_nothing():
    assert tokens.parse("abc\n") == ("", "", "abc")


def test_a_truncated_full_token_is_refused():
    with pytest.raises(ValueError, match="K10<hash>"):
        tokens.parse("K10abc::server:x")


def test_a_full_token_names_authority_user_and_secret():
    assert tokens.parse(f"K10{HASH}::server:a:b") == (HASH, "server", "a:b")


@pytest.mark.parametrize("text", ["abcdef.0123456789abcdef", f"K10{HASH}::abcdef.0123456789abcdef"])
def test_a_bootstrap_token_is_known_in_both_forms(text):
    found = tokens.parse(text)
    assert (found.bootstrap, found.secret) == (True, "abcdef.0123456789abcdef")


def test_a_secret_of_a_user_is_no_bootstrap_token():
    assert not tokens.parse(f"K10{HASH}::server:abcdef.0123456789abcdef").bootstrap


def test_a_made_bootstrap_token_is_read_back():
    made = tokens.random_bootstrap()
    assert tokens.parse(tokens.full(b"authority", "", made)) == (tokens.ca_hash(b"authority"), "", made)


def test_the_node_token_pins_the_server_ca(server):
    token_files.write(server, "s3cret", "s3cret")
    token = tokens.parse((server / "node-token").read_text())
    assert token == (tokens.ca_hash(b"authority"), "server", "s3cret")
    assert token_files.secrets(server) == ("s3cret", "s3cret")
    assert (server / "agent-token").is_symlink()


def test_agents_may_have_a_secret_of_their_own(server):
    token_files.write(server, "s3cret", "agents")
    assert tokens.parse((server / "agent-token").read_text()) == (tokens.ca_hash(b"authority"), "node", "agents")
    assert token_files.secrets(server) == ("s3cret", "agents")
    assert (server / "agent-token").stat().st_mode & 0o777 == 0o600


def test_a_new_secret_for_all_takes_the_agents_own_back(server):
    token_files.write(server, "s3cret", "agents")
    token_files.write(server, "other", "other")
    assert token_files.secrets(server) == ("other", "other")


def test_the_first_start_has_no_secrets(server):
    assert token_files.secrets(server) == ("", "")


def test_a_replaced_secret_leaves_the_agents_their_own(server):
    token_files.write(server, "s3cret", "agents")
    assert token_files.replace(server, "other") == token_files.secrets(server) == ("other", "agents")


def test_a_replaced_secret_is_the_agents_too_where_they_have_none(server):
    token_files.write(server, "s3cret", "s3cret")
    assert token_files.replace(server, "other") == token_files.secrets(server) == ("other", "other")
