"""A server's certificates: made once, kept, renewed when due, and verifiable with openssl's own rules."""

import datetime
import ssl

import pytest

from pyk3s.pki import kubeconfig, provision, x509

NOW = datetime.datetime(2026, 5, 1, tzinfo=datetime.UTC)
IDENTITY = provision.Identity("n1", ("127.0.0.1", "kubernetes.default.svc"), ("n1", "10.0.0.1"))


@pytest.fixture
def tls(tmp_path):
    provision.provision_server(tmp_path / "tls", IDENTITY, NOW)
    return tmp_path / "tls"


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_second_start_changes_no_file(tls):
    before = contents(tls)
    provision.provision_server(tls, IDENTITY, NOW + datetime.timedelta(days=30))
    assert contents(tls) == before


def test_a_leaf_near_its_end_is_renewed_with_the_same_key(tls):
    before = contents(tls)
    provision.provision_server(tls, IDENTITY, NOW + datetime.timedelta(days=300))
    after = contents(tls)
    assert after["client-admin.crt"] != before["client-admin.crt"]
    assert after["client-admin.key"] == before["client-admin.key"]
    assert after["server-ca.crt"] == before["server-ca.crt"]


def test_a_new_address_reissues_the_serving_certificate(tls):
    before = contents(tls)
    provision.provision_server(tls, provision.Identity("n1", ("10.9.9.9",), ()), NOW)
    after = contents(tls)
    assert after["serving-kube-apiserver.crt"] != before["serving-kube-apiserver.crt"]
    assert after["client-admin.crt"] == before["client-admin.crt"]


def test_private_keys_are_readable_by_root_alone(tls):
    assert {path.stat().st_mode & 0o777 for path in tls.glob("*.key")} == {0o600}


def test_certificate_and_key_load_into_a_tls_context(tls):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls / "serving-kube-apiserver.crt", tls / "serving-kube-apiserver.key")
    context.load_verify_locations(tls / "client-ca.crt")


def test_the_agent_gets_the_certificate_of_its_node(tls, tmp_path):
    provision.provision_node(tls, tmp_path / "agent", IDENTITY, NOW)
    made = x509.load_certificate(tmp_path / "agent/client-kubelet.crt")
    assert made.subject.rfc4514_string() == "CN=system:node:n1,O=system:nodes"


def test_a_kubeconfig_is_yaml_that_names_the_server():
    import yaml

    made = yaml.safe_load(kubeconfig.render("https://h:6443", kubeconfig.Credentials(b"a", b"b", b"c")))
    assert made["clusters"][0]["cluster"]["server"] == "https://h:6443"
    assert made["current-context"] == made["contexts"][0]["name"]
