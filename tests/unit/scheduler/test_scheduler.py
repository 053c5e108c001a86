"""Claims about the scheduler as a whole, against a stand-in server."""

import asyncio
from collections.abc import Awaitable, Callable

from fake_api import FakeApi, until

from pyk3s.client.errors import ApiError
from pyk3s.lib import tasks
from pyk3s.scheduler.run import Scheduler
from pyk3s.scheduler.settings import SchedulerSettings

NODE = "/api/v1/nodes/{}"
POD = "/api/v1/namespaces/default/pods/{}"


def add_node(api: FakeApi, name: str, cpu: str = "4") -> None:
    api.put(NODE.format(name), {"status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "110"}}})


def add_pod(api: FakeApi, name: str, cpu: str = "1", **spec: object) -> None:
    spec["containers"] = [{"resources": {"requests": {"cpu": cpu}}}]
    api.put(POD.format(name), {"spec": spec, "status": {"phase": "Pending"}})


def node_of(api: FakeApi, name: str) -> str | None:
    return api.objects[POD.format(name)]["spec"].get("nodeName")


def events(api: FakeApi, reason: str) -> list[str]:
    return [each["message"] for each in api.under("/api/v1/namespaces/default/events/") if each["reason"] == reason]


def scheduling(test: Callable[[FakeApi], Awaitable[None]], prepare: Callable[[FakeApi], None]) -> None:
    async def work() -> None:
        api = FakeApi()
        prepare(api)
        settings = SchedulerSettings(first_backoff_s=0.01, most_backoff_s=0.01)
        async with tasks.TaskOwner("test") as owner:
            owner.start(Scheduler(api, settings).run(), "scheduler")
            await test(api)

    asyncio.run(work())


def test_pods_are_bound_and_told() -> None:
    def prepare(api: FakeApi) -> None:
        add_node(api, "n1")
        add_pod(api, "before")

    async def test(api: FakeApi) -> None:
        await until(lambda: node_of(api, "before") == "n1", "a pod from before the start is bound")
        add_pod(api, "after")
        await until(lambda: node_of(api, "after") == "n1", "a new pod is bound")
        await until(lambda: len(events(api, "Scheduled")) == 2, "events are written")
        assert events(api, "Scheduled")[0] == "Successfully assigned default/before to n1"

    scheduling(test, prepare)


def test_a_pod_that_fits_nowhere_says_why_and_is_bound_when_a_node_comes() -> None:
    def prepare(api: FakeApi) -> None:
        add_node(api, "small", "1")
        add_pod(api, "large", "3")

    async def test(api: FakeApi) -> None:
        await until(lambda: events(api, "FailedScheduling"), "the failure is told")
        assert events(api, "FailedScheduling") == ["0/1 nodes are available: 1 Insufficient cpu."]
        condition = api.objects[POD.format("large")]["status"]["conditions"][0]
        assert (condition["type"], condition["status"], condition["reason"]) == (
            "PodScheduled",
            "False",
            "Unschedulable",
        )
        add_node(api, "big", "4")
        await until(lambda: node_of(api, "large") == "big", "it is bound to the new node")

    scheduling(test, prepare)


def test_room_of_a_deleted_pod_is_used() -> None:
    def prepare(api: FakeApi) -> None:
        add_node(api, "n1", "1")
        add_pod(api, "holder", nodeName="n1")
        add_pod(api, "waits")

    async def test(api: FakeApi) -> None:
        await until(lambda: events(api, "FailedScheduling"), "it has to wait")
        api.remove(POD.format("holder"))
        await until(lambda: node_of(api, "waits") == "n1", "it gets the room")

    scheduling(test, prepare)


def test_a_refused_binding_is_tried_again() -> None:
    path = POD.format("p") + "/binding"

    def prepare(api: FakeApi) -> None:
        add_node(api, "n1", "1")
        api.refuse[("POST", path)] = ApiError(500, "InternalError", "not now")
        add_pod(api, "p")

    async def test(api: FakeApi) -> None:
        await until(lambda: ("POST", path) in api.log, "a binding is tried")
        del api.refuse[("POST", path)]
        await until(lambda: node_of(api, "p") == "n1", "and tried again")

    scheduling(test, prepare)


def test_gated_foreign_and_leaving_pods_are_left_alone() -> None:
    def prepare(api: FakeApi) -> None:
        add_node(api, "n1")
        add_pod(api, "gated", schedulingGates=[{"name": "wait"}])
        add_pod(api, "foreign", schedulerName="other")
        add_pod(api, "plain")

    async def test(api: FakeApi) -> None:
        await until(lambda: node_of(api, "plain") == "n1", "the plain pod is bound")
        assert node_of(api, "gated") is node_of(api, "foreign") is None
        add_pod(api, "gated")
        await until(lambda: node_of(api, "gated") == "n1", "it is bound once its gates are gone")

    scheduling(test, prepare)
