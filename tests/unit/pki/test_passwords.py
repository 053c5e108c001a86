"""Node passwords are kept in K3s' form and compared with what is kept."""

import pytest

from pyk3s.pki import passwords


def test_a_password_matches_its_hash_and_no_other():
    kept = passwords.hashed("secret", b"12345678")
    assert kept.startswith("$1:3132333435363738:15:8:1:")
    assert passwords.matches("secret", kept)
    assert not passwords.matches("Secret", kept)


@pytest.mark.parametrize("kept", ["", "$1", "$2:00:15:8:1:AA", "$1:zz:15:8:1:AA", "$1:00:99:8:1:AA", "$1:00:x:8:1:AA"])
def test_what_cannot_be_read_matches_nothing(kept):
    assert not passwords.matches("secret", kept)
