"""Certificates replaced by hand: set aside while nothing runs, authorities staged and taken over at a start."""

import datetime
import subprocess
import sys

import pytest
from cryptography import x509 as certificates
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pyk3s.config import paths, settings
from pyk3s.lib.failure import Failure
from pyk3s.pki import jwt, token_files, tokens, x509
from pyk3s.roles import provisioning, rotation

NOW = datetime.datetime.now(datetime.UTC)
PEM, DAY = serialization.Encoding.PEM, datetime.timedelta(days=1)


@pytest.fixture
def chosen(tmp_path):
    places = ["--data-dir", str(tmp_path / "data"), "--write-kubeconfig", str(tmp_path / "k3s.yaml")]
    return settings.server_settings(places, {}, "n1")


@pytest.fixture
def started(chosen):
    start(chosen)
    return chosen.paths


def start(chosen):
    provisioning.provision(chosen, "198.51.100.1")


def read(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def new(tmp_path):
    """A folder for new files, as K3s wants it."""
    folder = tmp_path / "new/tls"
    folder.mkdir(parents=True)
    return folder


def authority(folder, name, above=None):
    """A new authority, signed by `above` (an `x509.Authority`), whose chain is then part of the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = certificates.Name([certificates.NameAttribute(certificates.NameOID.COMMON_NAME, f"{name}-new")])
    issuer, signer = (above.certificate.subject, above.key) if above else (subject, key)
    made = (
        certificates.CertificateBuilder()
        .subject_name(subject).issuer_name(issuer).public_key(key.public_key()).serial_number(1)
        .not_valid_before(NOW - DAY).not_valid_after(NOW + 100 * DAY)
        .add_extension(certificates.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(signer, hashes.SHA256())
    )  # fmt: skip
    chain = made.public_bytes(PEM) + (above.pem if above else b"")
    (folder / f"{name}.crt").write_bytes(chain)
    form = serialization.PrivateFormat.PKCS8
    (folder / f"{name}.key").write_bytes(key.private_bytes(PEM, form, serialization.NoEncryption()))


def present(found, name):
    return x509.load_authority(found.tls / f"{name}.crt", found.tls / f"{name}.key", NOW)


def test_rotated_services_get_new_keys_at_the_next_start_and_others_keep_theirs(chosen, started):
    before = read(started.tls)
    aside = rotation.rotate(started, ["admin", "kubelet"], 1000.0)
    assert aside == started.server / "tls-1000"
    assert read(aside)["client-admin.key"] == before["client-admin.key"]
    assert not (started.tls / "client-admin.key").exists() and not (started.agent / "serving-kubelet.crt").exists()
    start(chosen)
    after = read(started.tls)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"client-admin.crt", "client-admin.key"}
    assert (started.agent / "serving-kubelet.crt").exists()


def test_without_services_all_leaves_are_rotated_and_no_authority(chosen, started):
    rotation.rotate(started, [], 1000.0)
    assert {path.name for path in started.tls.glob("*.key")} == {
        "server-ca.key", "client-ca.key", "request-header-ca.key", "service.key",
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["server", "agent"])
def test_nothing_is_rotated_while_it_is_in_use(started, kind):
    folder = getattr(started, kind)
    code = (
        "import pathlib, sys; from pyk3s.roles import preflight; preflight.hold(pathlib.Path(sys.argv[1]));"
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as running:
        running.stdout.readline()
        with pytest.raises(Failure, match=rf"in use by a running {kind}: stop it first"):
            rotation.rotate(started, [], 1000.0)
        running.stdin.close()
    assert (started.tls / "client-admin.key").exists()


@pytest.mark.parametrize(
    "service, words", [("nonsense", "is not recognized: there are admin"), ("etcd", "not part of this distribution")]
)
def test_unknown_services_are_refused(started, service, words):
    with pytest.raises(Failure, match=words):
        rotation.held(started, [service])


def test_an_empty_folder_is_told(tmp_path):
    with pytest.raises(Failure, match="there are no certificates in"):
        rotation.held(paths.paths(str(tmp_path), "/nowhere"), [])


def test_authorities_below_the_same_root_are_taken_over_without_a_stir(chosen, started, new):
    for name in ("server-ca", "client-ca", "request-header-ca"):
        authority(new, name, present(started, name))
    before = token_files.secrets(started.server)
    staged = rotation.stage(started, new.parent, NOW, force=False)
    assert staged.broken == ()
    assert (started.tls / "server-ca.crt").read_bytes() != (new / "server-ca.crt").read_bytes()
    start(chosen)
    assert (started.tls / "server-ca.crt").read_bytes() == (new / "server-ca.crt").read_bytes()
    leaf = x509.load_certificate(started.tls / "client-admin.crt")
    leaf.verify_directly_issued_by(present(started, "client-ca").certificate)
    assert (started.agent / "server-ca.crt").read_bytes() == (new / "server-ca.crt").read_bytes()
    assert token_files.secrets(started.server) == before
    assert not (started.server / rotation.STAGED).exists()


def test_of_a_chain_tokens_pin_the_root(started, new):
    root = present(started, "server-ca")
    authority(new, "server-ca", root)
    first = tokens.ca_hash((new / "server-ca.crt").read_bytes())
    authority(new, "server-ca", root)
    assert tokens.ca_hash((new / "server-ca.crt").read_bytes()) == first
    assert tokens.ca_hash(root.pem) != first


def test_a_new_root_needs_force_and_gives_new_tokens(chosen, started, new):
    authority(new, "server-ca")
    with pytest.raises(Failure, match=r"server-ca\.crt does not chain up to the present one.*--force"):
        rotation.stage(started, new.parent, NOW, force=False)
    assert not (started.server / rotation.STAGED).exists()
    staged = rotation.stage(started, new.parent, NOW, force=True)
    assert (staged.names, staged.new_token) == (("server-ca.crt", "server-ca.key"), True)
    start(chosen)
    pinned = tokens.parse((started.server / "token").read_text()).ca_hash
    assert pinned == tokens.ca_hash((new / "server-ca.crt").read_bytes())
    kept = next(started.server.glob("tls-*"))
    assert (kept / "server-ca.key").exists()


def test_a_service_key_must_come_before_the_present_one(chosen, started, new):
    old = (started.tls / "service.key").read_bytes()
    x509.ensure_key(new / "service.key")
    fresh = (new / "service.key").read_bytes()
    with pytest.raises(Failure, match=r"service\.key does not hold the present key"):
        rotation.stage(started, new.parent, NOW, force=False)
    (new / "service.key").write_bytes(fresh + old)
    rotation.stage(started, new.parent, NOW, force=False)
    token = jwt.Keys(old).sign({"sub": "x"})
    start(chosen)
    assert jwt.Keys((started.tls / "service.key").read_bytes()).verify(token) == {"sub": "x"}


@pytest.mark.parametrize(
    "fault, words",
    [("no key", "belong together"), ("foreign key", "is not the key of"), ("truncated", "whole certificate"),
     ("a leaf", "put a CA certificate there"), ("service key", "cannot sign service-account tokens")],
)  # fmt: skip
def test_what_no_server_could_start_with_is_refused_even_by_force(started, new, fault, words):
    authority(new, "server-ca")
    if fault == "no key":
        (new / "server-ca.key").unlink()
    elif fault == "foreign key":
        authority(new, "client-ca")
        (new / "client-ca.key").replace(new / "server-ca.key")
        (new / "client-ca.crt").unlink()
    elif fault == "truncated":
        (new / "server-ca.crt").write_bytes((new / "server-ca.crt").read_bytes()[:100])
    elif fault == "a leaf":
        for suffix in ("crt", "key"):
            (new / f"server-ca.{suffix}").write_bytes((started.tls / f"client-admin.{suffix}").read_bytes())
    else:
        (new / "service.key").write_text("garbage")
    with pytest.raises(Failure, match=words):
        rotation.stage(started, new.parent, NOW, force=True)
    assert not (started.server / rotation.STAGED).exists()


def test_one_authority_for_users_and_proxies_is_refused_even_by_force(started, new):
    for suffix in ("crt", "key"):
        (new / f"request-header-ca.{suffix}").write_bytes((started.tls / f"client-ca.{suffix}").read_bytes())
    with pytest.raises(Failure, match="authorities of their own"):
        rotation.stage(started, new.parent, NOW, force=True)


def test_a_folder_with_nothing_new_is_told(started, new):
    with pytest.raises(Failure, match=r"holds nothing new: wanted are server-ca\.crt"):
        rotation.stage(started, new.parent, NOW, force=False)


def test_an_interrupted_take_over_goes_on(chosen, started, new):
    authority(new, "server-ca")
    rotation.stage(started, new.parent, NOW, force=True)
    staged = started.server / rotation.STAGED
    (staged / "server-ca.crt").replace(started.tls / "server-ca.crt")  # as if it had stopped between the two
    start(chosen)
    assert (started.tls / "server-ca.key").read_bytes() == (new / "server-ca.key").read_bytes()
