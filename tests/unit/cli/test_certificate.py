"""`k3s certificate`: its formats, its words and its exit status."""

import datetime
import json

import pytest
import yaml

from pyk3s.cli import certificate_formats, main
from pyk3s.pki import inventory, provision

NOW = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
IDENTITY = provision.Identity("n1", ("127.0.0.1",), ("n1",))


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("K3S_CONFIG_FILE", str(tmp_path / "config.yaml"))
    (tmp_path / "config.yaml").touch()
    provision.provision_server(tmp_path / "server/tls", IDENTITY, NOW)
    provision.provision_node(tmp_path / "server/tls", tmp_path / "agent", IDENTITY, NOW)
    return tmp_path


def run(capsys, data, *words):
    status = main.main(["k3s", "certificate", *words, "--data-dir", str(data)])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_every_file_is_shown_leaf_first_and_then_its_authority(capsys, data):
    status, out, _ = run(capsys, data, "check")
    lines = out.splitlines()
    assert (status, len(lines)) == (0, 22)
    assert lines[0].startswith("client-admin.crt: certificate system:admin (ClientAuth) is ok, expires at ")
    assert "client-admin.crt: certificate k3s-client-ca@" in lines[1] and "(CertSign)" in lines[1]


def test_services_choose_files(capsys, data):
    _, out, _ = run(capsys, data, "check", "-s", "kubelet,admin", "-o", "json")
    files = {each["Filename"] for each in json.loads(out)["Certificates"]}
    assert files == {"client-admin.crt", "client-kubelet.crt", "serving-kubelet.crt"}


def test_the_table_has_k3s_columns(capsys, data):
    _, out, _ = run(capsys, data, "check", "--output", "table", "--service", "scheduler")
    head, rule, leaf, authority = out.splitlines()
    assert head.split() == ["FILENAME", "SUBJECT", "USAGES", "EXPIRES", "RESIDUAL", "TIME", "STATUS"]
    assert set(rule) == {"-", " "}
    assert leaf.split()[:3] == ["client-scheduler.crt", "system:kube-scheduler", "ClientAuth"]
    assert leaf.endswith("1 year         OK") and authority.endswith("10 years       OK")


def test_json_and_yaml_tell_the_same(capsys, data):
    told = json.loads(run(capsys, data, "check", "-o", "json")[1])["Certificates"]
    same = yaml.safe_load(run(capsys, data, "check", "-o", "yaml")[1])["certificates"]
    assert [each["Filename"] for each in told] == [each["filename"] for each in same]
    assert set(told[0]) == {"Filename", "Subject", "Issuer", "Usages", "ExpiryTime", "ResidualTime", "Status"}


def test_a_damaged_file_is_told_with_the_way_out(capsys, data):
    path = data / "server/tls/client-admin.crt"
    path.write_bytes(path.read_bytes()[:100])
    status, _, errors = run(capsys, data, "check")
    assert status == 1
    assert "client-admin.crt holds no certificate" in errors and "remove it" in errors


@pytest.mark.parametrize(
    "moved, status",
    [(0, "OK"), (250, "WARNING"), (366, "EXPIRED"), (-2, "NOT YET VALID")],
)
def test_the_status_is_by_the_clock(data, moved, status):
    entries, _ = inventory.listed([data / "server/tls/client-admin.crt"], NOW + datetime.timedelta(days=moved))
    assert entries[0].status == status


@pytest.mark.parametrize(
    "days, said",
    [(0, "now"), (1, "1 day"), (6, "6 days"), (13, "1 week"), (29, "4 weeks"), (59, "1 month"), (244, "8 months"),
     (364.9, "1 year"), (600, "2 years"), (3649, "10 years"), (-3, "3 days")],
)  # fmt: skip
def test_the_rest_is_told_roughly(days, said):
    assert certificate_formats.rough(datetime.timedelta(days=days)) == said


@pytest.mark.parametrize(
    "words, said",
    [(["check", "-o", "xml"], "supported are text, table, json, yaml"), (["rotate", "-s", "x"], "is not recognized"),
     (["rotate-ca"], "--path is needed"), (["rotate-ca", "--path", "/nowhere"], "holds nothing new")],
)  # fmt: skip
def test_bad_words_are_refused_in_one_line(capsys, data, words, said):
    status, out, errors = run(capsys, data, *words)
    assert status and not out
    assert said in errors and errors.count("\n") == 1


def test_rotation_says_where_things_are_kept(capsys, data):
    status, out, _ = run(capsys, data, "rotate", "--service", "admin")
    assert status == 0
    assert f"{data}/server/tls-" in out
    assert not (data / "server/tls/client-admin.key").exists()
