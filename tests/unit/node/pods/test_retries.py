from pyk3s.node.pods.retries import Retries


def test_failures_wait_longer_each_time_until_success():
    retries = Retries()
    assert [retries.failed("x", 0.0) for _ in range(3)] == [0.5, 1.0, 2.0]
    assert retries.until("x", 0.0) == 2.0
    retries.succeeded("x")
    assert retries.until("x", 5.0) == 5.0


def test_pulls_back_off_as_from_a_registry_and_say_so():
    retries = Retries()
    assert retries.failed("c", 0.0, "ErrImagePull", "no route") == 10.0
    assert retries.troubles(0.0)["c"].reason == "ErrImagePull"
    assert retries.troubles(1.0)["c"].reason == "ImagePullBackOff"


def test_a_changed_pod_is_tried_at_once():
    retries = Retries()
    retries.failed("c", 0.0, "CreateContainerConfigError", "missing")
    retries.clear()
    assert retries.until("c", 1.0) == 1.0
    assert retries.next_due(1.0) is None
