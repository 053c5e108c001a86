"""TLS contexts that follow their files, shown by handshakes in memory."""

import datetime
import re
import ssl

import pytest

from pyk3s.lib.failure import Failure
from pyk3s.pki import contexts, facts, x509

NOW = datetime.datetime.now(datetime.UTC)


@pytest.fixture
def folder(tmp_path):
    authority = x509.ensure_authority(tmp_path / "ca.crt", tmp_path / "ca.key", "ca", NOW)
    issue(tmp_path, authority, "server", x509.SERVER)
    issue(tmp_path, authority, "client", x509.CLIENT)
    return tmp_path


def issue(folder, authority, name, usage, when=NOW):
    for suffix in ("crt", "key"):
        (folder / f"{name}.{suffix}").unlink(missing_ok=True)
    request = x509.LeafRequest(name, usages=(usage,), sans=("localhost",))
    x509.ensure_leaf(authority, folder / f"{name}.crt", folder / f"{name}.key", request, when)


def authority_of(folder, name="ca", now=NOW):
    return x509.ensure_authority(folder / f"{name}.crt", folder / f"{name}.key", name, now)


def shaken(server, client):
    """Handshake; what each side saw of the other's certificate."""
    pipes = [ssl.MemoryBIO() for _ in range(4)]
    one = server.wrap_bio(pipes[0], pipes[1], server_side=True)
    two = client.wrap_bio(pipes[2], pipes[3], server_hostname="localhost")
    for _ in range(6):
        for side in (two, one):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                pass
            pipes[0].write(pipes[3].read())
            pipes[2].write(pipes[1].read())
    return one.getpeercert(binary_form=True), two.getpeercert(binary_form=True)


def test_a_renewed_pair_is_shown_in_new_handshakes_by_both_sides(folder):
    live, told = contexts.Contexts(), []
    server = live.server(contexts.Pair(folder / "server.crt"), (folder / "ca.crt",))
    client = live.client(folder / "ca.crt", contexts.Pair(folder / "client.crt"), lambda: told.append("client"))
    before = shaken(server, client)
    issue(folder, authority_of(folder), "server", x509.SERVER)
    issue(folder, authority_of(folder), "client", x509.CLIENT)
    live.look()
    after = shaken(server, client)
    assert [facts.read(each).common_name for each in after] == ["client", "server"]
    assert not set(before) & set(after)
    assert told == ["client"]


def test_nothing_is_loaded_where_nothing_changed(folder):
    live, told = contexts.Contexts(), []
    live.client(folder / "ca.crt", contexts.Pair(folder / "client.crt"), lambda: told.append(1))
    live.look()
    assert told == []


@pytest.mark.parametrize("fault", ["truncated", "foreign key", "missing"])
def test_a_damaged_renewal_leaves_the_good_pair_in_place(folder, fault):
    live = contexts.Contexts()
    server = live.server(contexts.Pair(folder / "server.crt"), (folder / "ca.crt",))
    client = live.client(folder / "ca.crt", contexts.Pair(folder / "client.crt"))
    before = shaken(server, client)
    if fault == "truncated":
        (folder / "server.crt").write_bytes((folder / "server.crt").read_bytes()[:100])
    elif fault == "foreign key":
        (folder / "server.key").write_bytes((folder / "client.key").read_bytes())
    else:
        (folder / "server.key").unlink()
    live.look()
    assert shaken(server, client) == before


def test_a_pair_is_taken_once_both_of_its_files_are_there(folder):
    live = contexts.Contexts()
    server = live.server(contexts.Pair(folder / "server.crt"), (folder / "ca.crt",))
    client = live.client(folder / "ca.crt", contexts.Pair(folder / "client.crt"))
    before = shaken(server, client)
    old_key = (folder / "server.key").read_bytes()
    issue(folder, authority_of(folder), "server", x509.SERVER)
    new_key = (folder / "server.key").read_bytes()
    (folder / "server.key").write_bytes(old_key)
    live.look()
    assert shaken(server, client) == before
    (folder / "server.key").write_bytes(new_key)
    live.look()
    assert shaken(server, client)[1] != before[1]


def test_a_forgotten_context_is_not_renewed(folder):
    live, told = contexts.Contexts(), []
    client = live.client(folder / "ca.crt", contexts.Pair(folder / "client.crt"), lambda: told.append(1))
    live.forget(client)
    issue(folder, authority_of(folder), "client", x509.CLIENT)
    live.look()
    assert told == []


def test_an_unusable_pair_and_authority_are_told_with_the_way_out(folder):
    (folder / "client.key").write_text("garbage")
    with pytest.raises(Failure, match=r"client\.crt and its key .*remove both"):
        contexts.Contexts().client(folder / "ca.crt", contexts.Pair(folder / "client.crt"))
    (folder / "ca.crt").write_text("garbage")
    with pytest.raises(Failure, match=r"ca\.crt holds no authority .*backup"):
        contexts.Contexts().client(folder / "ca.crt", contexts.Pair(folder / "client.crt"))


@pytest.mark.parametrize("case", ["another authority", "expired", "not yet valid", "for servers"])
def test_client_certificates_that_do_not_hold_are_refused(folder, case):
    authority, usage, when = authority_of(folder), x509.CLIENT, NOW
    if case == "another authority":
        authority = authority_of(folder, "other")
    elif case == "expired":
        when = NOW - datetime.timedelta(days=400)
        authority = x509.Authority(authority.certificate, authority.key, authority.pem)
    elif case == "not yet valid":
        when = NOW + datetime.timedelta(days=1)
    else:
        usage = x509.SERVER
    issue(folder, authority, "client", usage, when)
    live = contexts.Contexts()
    server = live.server(contexts.Pair(folder / "server.crt"), (folder / "ca.crt",))
    client = live.client(folder / "ca.crt", contexts.Pair(folder / "client.crt"))
    with pytest.raises(ssl.SSLError):
        shaken(server, client)


def test_servers_offer_only_forward_secret_authenticated_ciphers(folder):
    server = contexts.Contexts().server(contexts.Pair(folder / "server.crt"), (folder / "ca.crt",))
    offered = {each["name"] for each in server.get_ciphers() if each["protocol"] != "TLSv1.3"}
    assert offered and all(re.fullmatch(r"ECDHE-(RSA|ECDSA)-(AES\d+-GCM|CHACHA20).*", name) for name in offered)
    assert server.minimum_version >= ssl.TLSVersion.TLSv1_2
