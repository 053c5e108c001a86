"""What a saturated server tells its clients."""

import asyncio
from types import SimpleNamespace
from typing import Any

from pyk3s.apiserver import call as calls
from pyk3s.apiserver import identity, routing
from pyk3s.apiserver.flowcontrol import defaults, gate
from pyk3s.wire.http import messages

PODS = "/api/v1/namespaces/default/pods"


class Registry:
    """Holds the default configuration, with a global level that cannot queue."""

    def __init__(self) -> None:
        self.cache = SimpleNamespace(followers=[])
        self._objects = [{**each, "metadata": {**each["metadata"], "uid": each["kind"]}} for each in defaults.objects()]
        for each in self._objects:
            if each["kind"] == "PriorityLevelConfiguration" and "limited" in each["spec"]:
                each["spec"]["limited"] |= {"limitResponse": {"type": "Reject"}, "lendablePercent": 0}

    def find(self, group: str, plural: str) -> Any:
        return SimpleNamespace(collection=SimpleNamespace(prefix=f"/registry/{plural}/"))

    def read_all(self, group: str, plural: str) -> list[dict[str, Any]]:
        return [each for each in self._objects if each["kind"].lower() + "s" == plural]


def call(verb: str = "create") -> calls.Call:
    request = messages.Request("POST", PODS, messages.Headers(), b"", messages.Peer("10.0.0.9"))
    return calls.Call(request, routing.route(PODS), verb, identity.User("eve", ("system:authenticated",)))


def started(*, seats: int) -> gate.Gate:
    made = gate.Gate(Registry(), seats)  # type: ignore[arg-type]
    made.start()
    return made


async def work(release: asyncio.Event) -> messages.Response:
    await release.wait()
    return messages.Response(201, ())


def test_a_request_beyond_the_seats_is_told_to_come_back() -> None:
    async def scenario() -> None:
        crowded, release = started(seats=1), asyncio.Event()
        first = asyncio.ensure_future(crowded.through(call(), work(release)))
        await asyncio.sleep(0)
        refused = await crowded.through(call(), work(release))
        release.set()
        assert (refused.status, (await first).status) == (429, 201)
        headers = dict(refused.headers)
        assert headers[b"Retry-After"] == b"1"
        assert headers[b"X-Kubernetes-PF-FlowSchema-UID"] == b"FlowSchema"
        assert dict((await first).headers)[b"X-Kubernetes-PF-PriorityLevel-UID"] == b"PriorityLevelConfiguration"
        assert (await crowded.through(call(), work(release))).status == 201

    asyncio.run(scenario())


def test_a_watch_holds_no_seat() -> None:
    async def scenario() -> None:
        crowded, release = started(seats=1), asyncio.Event()
        first = asyncio.ensure_future(crowded.through(call("watch"), work(release)))
        await asyncio.sleep(0)
        release.set()
        assert (await crowded.through(call(), work(release))).status == 201
        await first

    asyncio.run(scenario())


def test_a_changed_configuration_counts_at_once() -> None:
    made = started(seats=600)
    before = made.levels.get("workload-low")
    made._registry.cache.followers[0]([SimpleNamespace(key="/registry/prioritylevelconfigurations/a")])
    assert made.levels.get("workload-low") is not before
