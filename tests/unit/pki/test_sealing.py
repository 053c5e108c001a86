"""The seal opens with the token it was made under, and with nothing else."""

import pytest

from pyk3s.pki import sealing

KEPT = {"tls/server-ca.key": b"secret key", "cred/encryption-config.json": b"{}"}


@pytest.fixture(scope="module")
def sealed():
    return sealing.seal(KEPT, "secret")


def test_what_was_sealed_is_unsealed_by_the_same_secret(sealed):
    assert sealing.unseal(sealed, "secret") == KEPT
    assert b"secret key" not in sealed


@pytest.mark.parametrize("secret", ["", "Secret", "secret "])
def test_another_secret_does_not_open_it(sealed, secret):
    with pytest.raises(sealing.WrongToken, match="the token does not open it"):
        sealing.unseal(sealed, secret)


def test_a_changed_byte_or_a_cut_is_found(sealed):
    for spoilt in (sealed[:-1], sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:20], b"", b"x" + sealed):
        with pytest.raises(sealing.WrongToken):
            sealing.unseal(spoilt, "secret")


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "tls/server-ca./../../../x", "tls/a/server-ca.crt", "token"])
def test_a_seal_that_holds_a_file_from_elsewhere_is_refused(name):
    with pytest.raises(sealing.WrongToken, match="does not belong there"):
        sealing.unseal(sealing.seal({name: b"x"}, "secret"), "secret")


def test_collected_are_authorities_and_keys_but_no_leaves(tmp_path):
    for name in ("tls/server-ca.crt", "tls/server-ca.key", "tls/service.key", "tls/client-admin.key", "cred/passwd"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert set(sealing.collect(tmp_path)) == {
        "tls/server-ca.crt",
        "tls/server-ca.key",
        "tls/service.key",
        "cred/passwd",
    }


def test_placing_keeps_what_differs_under_another_name_and_leaves_what_is_equal(tmp_path):
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls/server-ca.key").write_bytes(b"other")
    moved = sealing.place(KEPT, tmp_path, "old-1-")
    assert [path.name for path in moved] == ["old-1-server-ca.key"]
    assert moved[0].read_bytes() == b"other"
    assert (tmp_path / "tls/server-ca.key").stat().st_mode & 0o777 == 0o600
    assert sealing.place(KEPT, tmp_path, "old-2-") == []
    assert set(sealing.collect(tmp_path)) == set(KEPT)
