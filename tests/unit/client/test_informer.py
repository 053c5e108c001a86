"""Claims about informers and reconcilers, against a stand-in server."""

import asyncio

import msgspec
from fake_api import FakeApi, until

from pyk3s.client import informer, objects, resources
from pyk3s.client.errors import ApiError
from pyk3s.client.reconciler import Reconciler, RequeueAfter, Terminal
from pyk3s.lib import tasks

POD = "/api/v1/namespaces/default/pods/{}"


class Named(msgspec.Struct):
    metadata: objects.Metadata


def test_an_informer_lists_then_follows() -> None:
    async def work() -> None:
        api = FakeApi()
        api.put(POD.format("a"), {})
        pods = informer.Informer(api, resources.PODS, Named)
        async with tasks.TaskOwner("test") as owner:
            owner.start(pods.run(), "pods")
            await pods.synced()
            assert set(pods.store) == {"default/a"}
            api.put(POD.format("b"), {})
            api.remove(POD.format("a"))
            await until(lambda: set(pods.store) == {"default/b"}, "the informer follows")

    asyncio.run(work())


def test_a_server_without_streaming_lists_is_listed() -> None:
    class Old(FakeApi):
        def watch(self, path, resource_version, *, params=None, accept=""):  # type: ignore[no-untyped-def]
            if params and "sendInitialEvents" in params:
                return self._refuse()
            return super().watch(path, resource_version, params=params)

        async def _refuse(self):  # type: ignore[no-untyped-def]
            raise ApiError(422, "Invalid", "sendInitialEvents is forbidden")
            yield

    async def work() -> None:
        api = Old()
        api.put(POD.format("a"), {})
        pods = informer.Informer(api, resources.PODS, Named)
        async with tasks.TaskOwner("test") as owner:
            owner.start(pods.run(), "pods")
            await pods.synced()
            assert set(pods.store) == {"default/a"}

    asyncio.run(work())


def test_a_reconciler_retries_refusals_and_gives_up_on_terminal_errors() -> None:
    async def work() -> None:
        seen: list[str] = []

        async def reconcile(key: str) -> RequeueAfter | None:
            seen.append(key)
            if key == "refused" and seen.count(key) < 3:
                raise ApiError(409, "Conflict", "try again")
            if key == "hopeless":
                raise Terminal("never")
            if key == "buggy" and seen.count(key) < 2:
                raise KeyError("a bug")
            return None

        reconciler = Reconciler("test", reconcile, workers=1)
        for key in ("refused", "hopeless", "buggy"):
            reconciler.add(key)
        async with tasks.TaskOwner("test") as owner:
            owner.start(reconciler.run(), "run")
            await until(lambda: len(seen) >= 6, "all keys are handled")
            assert [seen.count(key) for key in ("refused", "hopeless", "buggy")] == [3, 1, 2]

    asyncio.run(work())
