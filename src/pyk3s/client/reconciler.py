"""Workers that bring one key at a time to its desired state, again and again until it holds.

The reconcile function gets a key only and reads what it needs from informers. It returns None when there is nothing to
wait for, or RequeueAfter. Refusals of the API server and broken connections are retried with back-off; Terminal is not.
A worker that dies of anything else is reported, its key backs off, and another worker takes its place: one bad object
does not stop the rest.
"""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from pyk3s.client.errors import ApiError
from pyk3s.client.workqueue import WorkQueue
from pyk3s.lib import log, tasks


class RequeueAfter(NamedTuple):
    """Look at the key again in so many seconds."""

    seconds: float


class Terminal(Exception):
    """No retry can help until the object changes."""


Reconcile = Callable[[str], Awaitable[RequeueAfter | None]]


class Reconciler:
    """A work queue and its workers."""

    def __init__(self, name: str, reconcile: Reconcile, *, workers: int = 2, queue: WorkQueue | None = None):
        self.name = name
        self.queue = queue or WorkQueue()
        self._reconcile, self._workers = reconcile, workers
        self._log = log.get_logger(name)
        self._current: dict[str, str] = {}  # task name -> the key that it works on
        self._owner: tasks.TaskOwner | None = None
        self._started = 0

    def add(self, key: str) -> None:
        """Queue a key."""
        self.queue.add(key)

    async def run(self) -> None:
        """Work until cancelled."""
        async with tasks.TaskOwner(self.name, on_failure=self._worker_failed) as owner:
            self._owner = owner
            try:
                for _ in range(self._workers):
                    self._start_worker()
                await owner.run()
            finally:
                self._owner = None
                self.queue.close()

    def _start_worker(self) -> None:
        if self._owner is not None:
            self._started += 1
            name = f"worker-{self._started}"
            self._owner.start(self._work(f"{self.name}/{name}"), name)

    async def _work(self, worker: str) -> None:
        while True:
            key = await self.queue.take()
            self._current[worker] = key
            await self._once(key)
            del self._current[worker]
            self.queue.done(key)

    async def _once(self, key: str) -> None:
        try:
            again = await self._reconcile(key)
        except Terminal as error:
            self._log.warning("given up until it changes", key=key, error=error)
            self.queue.forget(key)
        except ApiError as error:
            self._retry(key, error, expected=error.conflict or error.not_found or error.namespace_terminating)
        except (OSError, TimeoutError) as error:
            self._retry(key, error, expected=False)
        else:
            self.queue.forget(key)
            if again is not None:
                self.queue.add_after(key, again.seconds)

    def _retry(self, key: str, error: Exception, *, expected: bool) -> None:
        delay = self.queue.add_failed(key)
        write = self._log.debug if expected else self._log.warning
        write("retrying", key=key, error=error or type(error).__name__, in_seconds=round(delay, 3))

    def _worker_failed(self, worker: str, error: BaseException) -> None:
        key = self._current.pop(worker, None)
        where = error.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        place = f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where else ""
        self._log.error("reconciling failed unexpectedly", key=key, error=repr(error), at=place)
        if key is not None:
            self.queue.add_failed(key)
            self.queue.done(key)
        self._start_worker()
