"""What a worker does after a step that failed."""

import asyncio
import types

import making

from pyk3s.cri import runtime
from pyk3s.node.pods import planning
from pyk3s.node.pods.worker import Worker

NOW = 1000.0


class NoSandbox:
    """A launcher on a node whose runtime makes no sandbox."""

    def __init__(self):
        self.launched = []

    async def make_sandbox(self, pod, attempt):
        raise runtime.CriError(2, "no")

    async def launch(self, pod, seen, start):
        self.launched.append(start.name)


def worker() -> tuple[Worker, list[str]]:
    told: list[str] = []
    node = types.SimpleNamespace(
        cri=None,
        time=types.SimpleNamespace(time=lambda: NOW),
        teller=types.SimpleNamespace(pod=lambda pod, reason, message, warning=False: told.append(reason)),
        volumes=types.SimpleNamespace(tokens=types.SimpleNamespace(renew_at=lambda uid: None)),
    )
    made = Worker(node, making.pod(), lambda uid: None)
    made._launcher, made._volumes_ready = NoSandbox(), True
    return made, told


def test_a_sandbox_that_cannot_be_made_is_tried_again_ever_later_and_nothing_is_started_without_it():
    made, told = worker()
    start = planning.Start("c", making.container(), 0)
    decision = planning.Decision(make_sandbox=True, starts=(start,))
    waits = []
    for _ in range(3):
        asyncio.run(made._act(decision))
        waits.append(made._retries.until("", NOW) - NOW)
    assert waits == sorted(waits) and waits[0] > 0 and waits[0] < waits[-1]
    assert told == ["FailedCreatePodSandBox"] * 3
    assert made._launcher.launched == []
