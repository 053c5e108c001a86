"""The state of a rollout is told in kubectl's words."""

import pytest

from pyk3s.kubectl import rollouts
from pyk3s.kubectl.errors import CommandError


def _deployment(**status):
    metadata = {"name": "web", "generation": 2}
    return {"kind": "Deployment", "metadata": metadata, "spec": {"replicas": 3}, "status": status}


@pytest.mark.parametrize(
    ("status", "text", "done"),
    [
        ({}, "Waiting for deployment spec update to be observed...", False),
        ({"updatedReplicas": 1}, "1 out of 3 new replicas have been updated...", False),
        ({"updatedReplicas": 3, "replicas": 4}, "1 old replicas are pending termination...", False),
        ({"updatedReplicas": 3, "replicas": 3, "availableReplicas": 2}, "2 of 3 updated replicas are available", False),
        ({"updatedReplicas": 3, "replicas": 3, "availableReplicas": 3}, "successfully rolled out", True),
    ],
)
def test_a_deployment_is_rolled_out_step_by_step(status, text, done):
    observed = {"observedGeneration": 2} if status else {}
    progress = rollouts.progress(_deployment(**status, **observed))
    assert text in progress.text and progress.done is done


def test_a_deadline_that_has_passed_ends_the_waiting():
    conditions = [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]
    with pytest.raises(CommandError, match="exceeded its progress deadline"):
        rollouts.progress(_deployment(observedGeneration=2, conditions=conditions))


def test_daemon_sets_and_stateful_sets_have_their_own_words():
    status = {"observedGeneration": 1, "desiredNumberScheduled": 2, "updatedNumberScheduled": 1}
    daemon_set = {"kind": "DaemonSet", "metadata": {"name": "d", "generation": 1}, "status": status}
    assert "1 out of 2 new pods have been updated" in rollouts.progress(daemon_set).text
    status = {"observedGeneration": 1, "readyReplicas": 1}
    stateful_set = {"kind": "StatefulSet", "metadata": {"name": "s", "generation": 1}, "spec": {"replicas": 2}}
    assert rollouts.progress({**stateful_set, "status": status}).text == "Waiting for 1 pods to be ready..."


def test_other_kinds_have_no_rollout():
    with pytest.raises(CommandError, match="no status viewer has been implemented for ConfigMap"):
        rollouts.progress({"kind": "ConfigMap", "metadata": {"name": "c"}})


def test_one_goes_back_to_the_last_revision_but_one_or_to_the_one_named():
    revisions = [rollouts.Revision(number, "", {"number": number}) for number in (1, 3, 4)]
    assert rollouts.chosen(revisions, 0, "it").number == 3
    assert rollouts.chosen(revisions, 1, "it").number == 1
    with pytest.raises(CommandError, match="unable to find specified revision 2"):
        rollouts.chosen(revisions, 2, "it")
    with pytest.raises(CommandError, match="no rollout history found for it"):
        rollouts.chosen([], 0, "it")
