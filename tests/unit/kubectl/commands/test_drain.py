"""Draining evicts what may go and is kept from losing what may not."""

import pytest

from pyk3s.kubectl.commands import drain


def _pod(owner="ReplicaSet", *, phase="Running", volumes=(), annotations=None):
    owners = [{"kind": owner, "controller": True}] if owner else []
    metadata = {"name": "p", "ownerReferences": owners, "annotations": annotations or {}}
    return {"metadata": metadata, "spec": {"volumes": list(volumes)}, "status": {"phase": phase}}


def _verdict(pod, **flags):
    return drain.verdict(pod, **{"ignore_daemon_sets": False, "delete_data": False, "force": False, **flags})


def test_pods_that_come_back_elsewhere_are_evicted():
    assert _verdict(_pod()) == drain.Verdict(True)


@pytest.mark.parametrize(
    ("pod", "flag", "error"),
    [
        (_pod("DaemonSet"), "ignore_daemon_sets", "--ignore-daemonsets"),
        (_pod(volumes=[{"name": "e", "emptyDir": {}}]), "delete_data", "--delete-emptydir-data"),
        (_pod(None), "force", "--force"),
    ],
)
def test_what_would_be_lost_needs_its_flag(pod, flag, error):
    assert error in _verdict(pod).error
    assert not _verdict(pod, **{flag: True}).error


def test_pods_of_daemon_sets_stay_where_they_are():
    assert not _verdict(_pod("DaemonSet"), ignore_daemon_sets=True).evict


def test_mirror_pods_are_nobodys_to_evict_and_ended_pods_always_are():
    assert _verdict(_pod(None, annotations={drain.MIRROR: "x"})) == drain.Verdict(False)
    assert _verdict(_pod(None, phase="Succeeded")) == drain.Verdict(True)
