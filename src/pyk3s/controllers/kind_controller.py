"""The frame of a controller that looks after the objects of one kind, one at a time.

An object that is due is queued when it changes, looked up again when its turn comes, and handed on if it still is due.
What else may make an object due is told by the controller itself, with `_reconciler.add`.
"""

import abc
from typing import Generic, TypeVar

from pyk3s.client import informer, objects
from pyk3s.client.reconciler import Reconciler, RequeueAfter
from pyk3s.controllers.context import Context

T = TypeVar("T", bound=objects.Projection)


class KindController(abc.ABC, Generic[T]):
    """Says which objects are due (`_is_due`) and what is done about one (`_act`)."""

    name: str

    def __init__(self, context: Context, watched: informer.Informer[T]):
        self._client, self._objects = context.client, watched
        self._reconciler = Reconciler(self.name, self._reconcile, workers=1)
        watched.on_change(self._changed)

    async def run(self) -> None:
        await self._reconciler.run()

    def _is_due(self, obj: T) -> bool:
        return True

    @abc.abstractmethod
    async def _act(self, obj: T) -> RequeueAfter | None:
        """Do what is due; the object is looked at again when it changes, or after the time that this returns."""

    def _changed(self, old: T | None, new: T | None) -> None:
        if new is not None and self._is_due(new):
            self._reconciler.add(new.metadata.key)

    async def _reconcile(self, key: str) -> RequeueAfter | None:
        obj = self._objects.get(key)
        if obj is None or not self._is_due(obj):
            return None
        return await self._act(obj)
