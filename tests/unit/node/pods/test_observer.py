import asyncio

from pyk3s.node.pods import observed
from pyk3s.node.pods.observer import Observer

LABELS = {observed.POD_UID: "u", observed.POD_NAMESPACE: "ns", observed.POD_NAME: "p"}


class FakeRuntime:
    """One pod with one container; counts the questions about details."""

    def __init__(self):
        self.state, self.asked = 1, 0

    async def sandboxes(self, labels=None):
        return [{"id": "s", "labels": LABELS}, {"id": "foreign"}]

    async def sandbox_status(self, sandbox_id):
        return {"id": "s", "network": {"ip": "10.0.0.1"}}

    async def containers(self, labels=None):
        labels = {**LABELS, observed.CONTAINER_NAME: "c"}
        return [{"id": "k", "pod_sandbox_id": "s", "metadata": {"attempt": 2}, "state": self.state, "labels": labels}]

    async def container_status(self, container_id):
        self.asked += 1
        return {"id": "k", "state": self.state, "exit_code": 3, "finished_at": 5_000_000_000}


def test_details_are_asked_for_once_per_state():
    async def play():
        runtime = FakeRuntime()
        observer = Observer(runtime)
        for _ in range(3):
            pod = await observer.pod("u", "ns", "p")
        assert (runtime.asked, pod.sandbox.ips, pod.latest("c").attempt) == (1, ("10.0.0.1",), 2)
        runtime.state = 2
        pod = await observer.pod("u", "ns", "p")
        assert (runtime.asked, pod.latest("c").exit_code, pod.latest("c").finished_at) == (2, 3, 5.0)
        assert observer.owner("k") == "u"
        observer.forget("u")
        assert observer.owner("k") is None

    asyncio.run(play())


def test_what_belongs_to_no_pod_is_left_alone():
    assert set(asyncio.run(Observer(FakeRuntime()).everything())) == {"u"}
