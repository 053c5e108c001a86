"""Certificates over time: what a moved clock, a window and damaged or mixed-up files lead to."""

import datetime

import pytest

from pyk3s.pki import facts, leaves, lifetimes, provision, x509

NOW = datetime.datetime(2026, 5, 1, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
IDENTITY = provision.Identity("n1", ("127.0.0.1", "kubernetes.default.svc"), ("n1", "10.0.0.1"))


@pytest.fixture
def tls(tmp_path):
    provision.provision_server(tmp_path / "tls", IDENTITY, NOW)
    return tmp_path / "tls"


def due(tls, now):
    return [path.stem for path in lifetimes.due(leaves.server(tls, None), now.timestamp())]


def serial(tls, name="client-admin"):
    return x509.load_certificate(tls / f"{name}.crt").serial_number


def test_the_facts_of_a_leaf_are_read_without_an_x509_library(tls):
    leaf, authority = facts.read_file(tls / "client-admin.crt")
    assert (leaf.common_name, leaf.organisations) == ("system:admin", ("system:masters",))
    assert leaf.issuer == authority.subject
    assert leaf.not_after == (NOW + 365 * DAY).timestamp()
    assert leaf.not_before == (NOW - datetime.timedelta(hours=1)).timestamp()


def test_years_beyond_2049_are_read(tmp_path):
    late = NOW.replace(year=2047)
    x509.ensure_authority(tmp_path / "ca.crt", tmp_path / "ca.key", "late", late)
    assert facts.read_file(tmp_path / "ca.crt")[0].not_after == (late + lifetimes.CA_LIFE).timestamp()


def test_leaves_are_due_120_days_before_their_end_and_not_earlier(tls):
    assert due(tls, NOW + 244 * DAY) == []
    assert len(due(tls, NOW + 246 * DAY)) == len(leaves.server(tls, None))


def test_a_clock_that_jumped_a_year_makes_all_due_and_renewal_settles_it(tls):
    later = NOW + 366 * DAY
    assert due(tls, later)
    provision.provision_server(tls, IDENTITY, later)
    assert due(tls, later) == []
    assert facts.read_file(tls / "client-admin.crt")[0].not_after == (later + 365 * DAY).timestamp()


def test_a_leaf_that_is_not_valid_yet_is_made_anew(tls):
    provision.provision_server(tls, IDENTITY, NOW + 400 * DAY)
    assert due(tls, NOW)
    provision.provision_server(tls, IDENTITY, NOW)
    assert due(tls, NOW) == []


def test_a_missing_and_a_truncated_leaf_are_due(tls):
    (tls / "client-admin.crt").unlink()
    (tls / "client-scheduler.crt").write_bytes((tls / "client-scheduler.crt").read_bytes()[:200])
    assert sorted(due(tls, NOW)) == ["client-admin", "client-scheduler"]


def test_a_leaf_outlives_its_authority_never_and_is_not_renewed_in_vain(tls):
    late = NOW + lifetimes.CA_LIFE - 30 * DAY
    provision.provision_server(tls, IDENTITY, late)
    assert facts.read_file(tls / "client-admin.crt")[0].not_after == (NOW + lifetimes.CA_LIFE).timestamp()
    assert due(tls, late) == []
    before = serial(tls)
    provision.provision_server(tls, IDENTITY, late)
    assert serial(tls) == before


def test_short_lives_can_be_asked_for(tls):
    life = lifetimes.Lifetimes(leaf=datetime.timedelta(hours=1), window=datetime.timedelta(minutes=20))
    provision.provision_server(tls, IDENTITY, NOW + 366 * DAY, life)
    end = facts.read_file(tls / "client-admin.crt")[0].not_after
    assert end == (NOW + 366 * DAY + life.leaf).timestamp()


@pytest.mark.parametrize("moved, words", [(-2 * DAY, "set the clock"), (3651 * DAY, "rotate-ca")])
def test_an_authority_out_of_its_time_is_refused_in_words(tls, moved, words):
    with pytest.raises(ValueError, match=words):
        provision.provision_server(tls, IDENTITY, NOW + moved)


def test_a_clock_that_was_never_set_makes_no_authority(tmp_path):
    with pytest.raises(ValueError, match="says 1970-01-01: set it first"):
        provision.provision_server(tmp_path / "tls", IDENTITY, datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC))
    assert list((tmp_path / "tls").iterdir()) == []


@pytest.mark.parametrize("name", ["server-ca.crt", "client-ca.key", "client-admin.crt", "client-admin.key"])
def test_truncated_files_are_refused_naming_the_file_and_the_way_out(tls, name):
    damaged = (tls / name).read_bytes()[:120]
    (tls / name).write_bytes(damaged)
    with pytest.raises(ValueError, match=rf"{name}.*backup"):
        provision.provision_server(tls, IDENTITY, NOW)
    assert (tls / name).read_bytes() == damaged


def test_an_authority_with_the_key_of_another_is_refused(tls):
    (tls / "client-ca.key").write_bytes((tls / "server-ca.key").read_bytes())
    with pytest.raises(ValueError, match=r"not the key of client-ca\.crt"):
        provision.provision_server(tls, IDENTITY, NOW)


def test_an_authority_without_its_key_is_refused(tls):
    (tls / "client-ca.key").unlink()
    with pytest.raises(ValueError, match=r"client-ca\.key is missing"):
        provision.provision_server(tls, IDENTITY, NOW)


def test_a_leaf_in_the_place_of_an_authority_is_refused(tls):
    for suffix in ("crt", "key"):
        (tls / f"client-ca.{suffix}").write_bytes((tls / f"client-admin.{suffix}").read_bytes())
    with pytest.raises(ValueError, match="put a CA certificate there"):
        provision.provision_server(tls, IDENTITY, NOW)


def test_a_leaf_with_another_key_or_of_another_authority_is_made_anew(tls, tmp_path):
    (tls / "client-admin.key").write_bytes((tls / "client-scheduler.key").read_bytes())
    other = tmp_path / "other"
    provision.provision_server(other, IDENTITY, NOW)
    (tls / "client-supervisor.crt").write_bytes((other / "client-supervisor.crt").read_bytes())
    (tls / "client-supervisor.key").write_bytes((other / "client-supervisor.key").read_bytes())
    before = serial(tls, "client-admin"), serial(tls, "client-supervisor")
    provision.provision_server(tls, IDENTITY, NOW)
    after = serial(tls, "client-admin"), serial(tls, "client-supervisor")
    assert before[0] != after[0] and before[1] != after[1]


@pytest.mark.parametrize("cut", [0, 1, 5, 40, 200])
def test_cut_certificates_are_unreadable_and_no_crash(tls, cut):
    from cryptography.hazmat.primitives.serialization import Encoding

    der = x509.load_certificate(tls / "client-admin.crt").public_bytes(Encoding.DER)
    with pytest.raises(facts.CertificateError):
        facts.read(der[:cut])
