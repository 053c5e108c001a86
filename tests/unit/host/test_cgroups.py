import pytest

from pyk3s.host import cgroups
from pyk3s.host.cgroups import Limits


@pytest.fixture
def version_1(tmp_path):
    for name in ("cpu", "memory", "pids"):
        (tmp_path / name).mkdir()
    return cgroups.detect(tmp_path, tmp_path / "no-systemd")


def test_the_hierarchy_is_detected(tmp_path, version_1):
    assert (version_1.unified, version_1.driver) == (False, "cgroupfs")
    (tmp_path / "cgroup.controllers").touch()
    assert cgroups.detect(tmp_path, tmp_path / "no-systemd").unified
    assert cgroups.detect(tmp_path, tmp_path).driver == "systemd"


def test_pods_have_groups_by_class(version_1):
    assert version_1.pod_parent("Guaranteed", "u-1") == "/kubepods/podu-1"
    assert version_1.pod_parent("Burstable", "u-1") == "/kubepods/burstable/podu-1"
    systemd = cgroups.Groups(unified=True, systemd=True)
    assert systemd.pod_parent("BestEffort", "u-1") == "kubepods-besteffort-podu_1.slice"


def test_groups_are_made_and_removed(tmp_path, version_1):
    version_1.make("/kubepods/podx", Limits(512, 50_000, 1024))
    assert (tmp_path / "memory/kubepods/podx").is_dir()
    version_1.remove("/kubepods/podx")
    assert not (tmp_path / "memory/kubepods/podx").exists()
    version_1.remove("/kubepods/podx")


def test_shares_become_weights():
    assert [cgroups.weight_of(shares) for shares in (0, 2, 1024, 262144)] == [1, 1, 39, 10000]
