"""Runs one controller against a `FakeApi`, for as long as a test looks at what it does."""

import asyncio
from collections.abc import Awaitable, Callable

from fake_api import FakeApi

from pyk3s.controllers import manager
from pyk3s.controllers.context import Context
from pyk3s.controllers.settings import ControllerSettings
from pyk3s.lib import tasks


def run(
    api: FakeApi,
    kind: type[manager.Controller],
    test: Callable[[], Awaitable[None]],
    settings: ControllerSettings | None = None,
) -> None:
    """Start the controller with the informers that it asks for, await the test, end everything."""

    async def work() -> None:
        context = Context(api, settings or ControllerSettings())
        controller = kind(context)
        async with tasks.TaskOwner("test") as owner:
            for each in context.informers:
                owner.start(each.run(), each.ref.plural)
            for each in context.informers:
                await each.synced()
            owner.start(controller.run(), "controller")
            await test()

    asyncio.run(work())
