"""What is said of a host: failures are counted, warnings are not."""

import dataclasses
import ipaddress

import pytest

from pyk3s.cli import check_config, main
from pyk3s.host import kernel
from pyk3s.roles import host_checks
from pyk3s.roles.host_checks import Verdict

NETWORKS = (ipaddress.ip_network("10.42.0.0/16"), ipaddress.ip_network("10.43.0.0/16"))
FIT = host_checks.Facts(
    release="6.1.0",
    options=dict.fromkeys((*host_checks.NEEDED, *host_checks.OPTIONAL), "y"),
    controllers=frozenset((*host_checks.CONTROLLERS, "pids")),
    unified=True,
    programs={"containerd": True, "nft": True},
    plugins="",
    routes=(),
    swaps=(),
    most_keys=1_000_000,
)


def judged(**changed):
    found = host_checks.findings(dataclasses.replace(FIT, **changed), NETWORKS)
    return {each.subject: (each.verdict, each.found) for each in found if each.verdict is not Verdict.GOOD}


def test_a_fit_host_has_nothing_to_complain_about():
    assert judged() == {}


@pytest.mark.parametrize(
    ("changed", "subject", "verdict", "said"),
    [
        ({"programs": {"nft": False}}, "nft", Verdict.FAIL, "apt-get install nftables"),
        ({"plugins": "missing: bridge"}, "CNI plugins", Verdict.FAIL, "missing: bridge"),
        ({"controllers": frozenset(("cpu", "cpuset", "pids"))}, "memory", Verdict.FAIL, "missing"),
        ({"controllers": frozenset(host_checks.CONTROLLERS)}, "pids", Verdict.WARNING, "missing"),
        ({"swaps": ("/swapfile",)}, "swap", Verdict.WARNING, "/swapfile"),
        ({"most_keys": 200}, "kernel.keys.root_maxkeys", Verdict.WARNING, "should be above 10000"),
        ({"options": None}, "configuration", Verdict.WARNING, "nothing to judge"),
        ({"options": {**FIT.options, "NF_TABLES": ""}}, "CONFIG_NF_TABLES", Verdict.FAIL, "missing"),
        ({"options": {**FIT.options, "VXLAN": ""}}, "CONFIG_VXLAN", Verdict.NOTE, "pod network between nodes"),
    ],
)
def test_what_is_wrong_is_named(changed, subject, verdict, said):
    assert judged(**changed)[subject][0] is verdict
    assert said in judged(**changed)[subject][1]


def test_a_route_into_the_cluster_is_a_failure_unless_it_is_our_own():
    foreign = kernel.Route(ipaddress.IPv4Network("10.0.0.0/8"), "tun0")
    own = kernel.Route(ipaddress.IPv4Network("10.42.0.0/24"), "cni0")
    assert set(judged(routes=(own, foreign))) == {"network 10.42.0.0/16", "network 10.43.0.0/16"}
    assert judged(routes=(own,)) == {}


def test_the_exit_status_is_the_number_of_failures(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("K3S_CONFIG_FILE", str(tmp_path / "config.yaml"))
    (tmp_path / "config.yaml").write_text("cluster-cidr: 10.50.0.0/16\n")
    broken = dataclasses.replace(FIT, programs={"nft": False, "runc": False}, swaps=("/swap",))
    monkeypatch.setattr(host_checks, "look", lambda config: broken)
    assert check_config.run([]) == 2
    said = capsys.readouterr().out
    assert "- network 10.50.0.0/16: free" in said
    assert said.endswith("STATUS: 2 (fail)\n")


def test_a_kernel_configuration_that_cannot_be_read_is_named(capsys):
    assert main.main(["k3s", "check-config", "/nonexistent"]) == 1
    assert "cannot read the kernel configuration /nonexistent" in capsys.readouterr().err
