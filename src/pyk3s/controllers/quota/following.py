"""Tells when something that quotas count is deleted, or a pod has finished. What no quota counts is not followed."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from pyk3s.client import informer, objects, resources
from pyk3s.controllers.context import Context
from pyk3s.controllers.objects import Pod
from pyk3s.lib import tasks

FINISHED = ("Succeeded", "Failed")
Freed = Callable[[str], None]
"""Told the namespace in which something was given back."""


class _Object(msgspec.Struct):
    metadata: objects.Identity


class Following:
    """Informers of metadata alone for resources that quotas name; pods are followed by others anyway."""

    def __init__(self, context: Context, freed: Freed):
        self._client, self._freed = context.client, freed
        self._running: dict[resources.ResourceRef, asyncio.Task[None]] = {}
        context.pods.on_change(self._pod_changed)

    def follow(self, wanted: Iterable[resources.ResourceRef], owner: tasks.TaskOwner) -> None:
        """Follow these resources from now on, and no others."""
        refs = set(wanted) - {resources.PODS}
        for ref in self._running.keys() - refs:
            self._running.pop(ref).cancel()
        for ref in sorted(refs - self._running.keys()):
            made: informer.Informer[str] = informer.Informer(
                self._client, ref, _Object, keep=lambda decoded: decoded.metadata.namespace, metadata_only=True
            )
            made.on_change(self._changed)
            self._running[ref] = owner.start(made.run(), ref.plural)

    def _changed(self, old: str | None, new: str | None) -> None:
        if old is not None and new is None:
            self._freed(old)

    def _pod_changed(self, old: Pod | None, new: Pod | None) -> None:
        if old is not None and (new is None or _has_finished(old, new)):
            self._freed(old.metadata.namespace)


def _has_finished(old: Any, new: Any) -> bool:
    return new.status.phase in FINISHED and old.status.phase not in FINISHED
