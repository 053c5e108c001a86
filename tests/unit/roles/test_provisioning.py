"""What a start provides before its processes: files under K3s' names, the token kept, words for what cannot be."""

import time

import pytest

from pyk3s.config import settings
from pyk3s.lib.failure import Failure
from pyk3s.roles import provisioning


@pytest.fixture
def chosen(tmp_path):
    def make(*flags):
        places = ["--data-dir", str(tmp_path / "data"), "--write-kubeconfig", str(tmp_path / "etc/k3s.yaml")]
        return settings.server_settings([*places, *flags], {}, "n1")

    return make


def test_a_first_start_writes_identity_and_kubeconfig(chosen, tmp_path):
    provisioning.provision(chosen(), "198.51.100.1")
    assert (tmp_path / "etc/k3s.yaml").stat().st_mode & 0o777 == 0o600
    assert "https://127.0.0.1:6443" in (tmp_path / "etc/k3s.yaml").read_text()
    assert (tmp_path / "data/server/node-token").read_text().startswith("K10")


def test_the_token_of_the_first_start_is_kept(chosen, tmp_path):
    provisioning.provision(chosen("--token", "first"), "198.51.100.1")
    before = (tmp_path / "data/server/token").read_text()
    provisioning.provision(chosen(), "198.51.100.1")
    assert (tmp_path / "data/server/token").read_text() == before
    assert before.endswith("::server:first\n")


def test_another_token_is_refused(chosen):
    provisioning.provision(chosen("--token", "first"), "198.51.100.1")
    with pytest.raises(Failure, match="--token is not the token of this cluster"):
        provisioning.provision(chosen("--token", "second"), "198.51.100.1")


def test_a_damaged_key_is_told_and_not_replaced(chosen, tmp_path):
    provisioning.provision(chosen(), "198.51.100.1")
    key = tmp_path / "data/server/tls/client-ca.key"
    key.write_text("garbage")
    with pytest.raises(Failure):
        provisioning.provision(chosen(), "198.51.100.1")
    assert key.read_text() == "garbage"


def test_the_serving_certificate_names_service_address_and_extra_names(chosen):
    names = provisioning.serving_names(chosen("--tls-san", "k.example"), "198.51.100.1")
    assert {"10.43.0.1", "198.51.100.1", "k.example", "kubernetes.default.svc.cluster.local"} <= set(names)


def test_a_set_node_address_is_taken(chosen):
    assert provisioning.node_address(chosen("--node-ip", "198.51.100.7")) == "198.51.100.7"


def test_an_ipv6_bind_address_is_bracketed(chosen):
    assert provisioning.local_url(chosen("--bind-address", "::1")) == "https://[::1]:6443"


def test_an_unusable_further_service_account_key_is_told_at_start(chosen, tmp_path):
    missing = chosen("--kube-apiserver-arg", f"service-account-key-file={tmp_path}/gone.pem")
    with pytest.raises(Failure, match=r"service-account-key-file .*gone\.pem: No such file"):
        provisioning.provision(missing, "198.51.100.1")


def test_certificates_are_due_only_near_their_end_and_renewal_reaches_the_kubeconfig(chosen, tmp_path):
    asked = chosen("--disable-agent")
    provisioning.provision(asked, "198.51.100.1")
    assert not provisioning.due(asked, time.time() + 240 * 86400)
    assert provisioning.due(asked, time.time() + 250 * 86400)
    before = (tmp_path / "etc/k3s.yaml").read_text()
    (tmp_path / "data/server/tls/client-admin.crt").unlink()
    assert provisioning.due(asked, time.time())
    provisioning.renew(asked, "198.51.100.1")
    assert not provisioning.due(asked, time.time())
    assert (tmp_path / "etc/k3s.yaml").read_text() != before
