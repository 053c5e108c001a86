"""Looks at what the runtime has. Details are asked for once per state: an ended container never changes, a running
one only ends.

One look at a pod is two list calls filtered by its uid, plus a status call for what is new.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol

from pyk3s.cri import runtime
from pyk3s.node.pods import observed
from pyk3s.node.pods.observed import Container, RuntimePod, Sandbox

Listed = tuple[str, str, str]  # uid, namespace, name


class RuntimeView(Protocol):
    """The part of CRI that is read here."""

    async def sandboxes(self, labels: dict[str, str] | None = None) -> list[dict[str, Any]]: ...
    async def sandbox_status(self, sandbox_id: str) -> dict[str, Any]: ...
    async def containers(self, labels: dict[str, str] | None = None) -> list[dict[str, Any]]: ...
    async def container_status(self, container_id: str) -> dict[str, Any]: ...


class Observer:
    """Present state of pods, with a memory of details."""

    def __init__(self, view: RuntimeView):
        self._view = view
        self._containers: dict[str, Container] = {}
        self._sandboxes: dict[str, Sandbox] = {}
        self._owners: dict[str, str] = {}

    def owner(self, container_id: str) -> str | None:
        """The uid of the pod of a container that was seen before."""
        return self._owners.get(container_id)

    def forget(self, uid: str) -> None:
        """Drop what is remembered of a pod that is gone."""
        for container_id in [each for each, owner in self._owners.items() if owner == uid]:
            del self._owners[container_id]
            self._containers.pop(container_id, None)
            self._sandboxes.pop(container_id, None)

    async def pod(self, uid: str, namespace: str, name: str) -> RuntimePod:
        """One pod."""
        labels = {observed.POD_UID: uid}
        found = await self._look(labels)
        return found.get(uid) or RuntimePod(uid, namespace, name)

    async def everything(self) -> dict[str, RuntimePod]:
        """Every pod that the runtime has, by uid."""
        return await self._look(None)

    async def _look(self, labels: dict[str, str] | None) -> dict[str, RuntimePod]:
        pods: dict[str, Listed] = {}
        sandboxes: dict[str, list[Sandbox]] = {}
        containers: dict[str, list[Container]] = {}
        for item in await self._view.sandboxes(labels):
            if (uid := _note(item, pods)) and (sandbox := await self._sandbox(item, uid)):
                sandboxes.setdefault(uid, []).append(sandbox)
        for item in await self._view.containers(labels):
            if (uid := _note(item, pods)) and (container := await self._container(item, uid)):
                containers.setdefault(uid, []).append(container)
        return {
            uid: observed.assemble(uid, namespace, name, sandboxes.get(uid, ()), containers.get(uid, ()))
            for uid, (_, namespace, name) in pods.items()
        }

    async def _sandbox(self, item: Mapping[str, Any], uid: str) -> Sandbox | None:
        ready = int(item.get("state", 0)) == 0
        held = self._sandboxes.get(item["id"])
        if held is not None and held.ready == ready and (held.ips or not ready):
            return held
        try:
            status = await self._view.sandbox_status(item["id"])
        except runtime.CriError as error:
            if error.not_found:
                return None  # removed between the two calls
            raise
        fresh = observed.sandbox_from_status(status)
        if not fresh.ips and held is not None:
            fresh = dataclasses.replace(fresh, ips=held.ips)
        self._owners[fresh.id] = uid
        self._sandboxes[fresh.id] = fresh
        return fresh

    async def _container(self, item: Mapping[str, Any], uid: str) -> Container | None:
        listed = observed.container_from_list(item)
        held = self._containers.get(listed.id)
        if held is not None and held.state == listed.state:
            return held
        try:
            status = await self._view.container_status(listed.id)
        except runtime.CriError as error:
            if error.not_found:
                return None
            raise
        fresh = observed.container_from_status(listed, status)
        self._owners[fresh.id] = uid
        self._containers[fresh.id] = fresh
        return fresh


def _note(item: Mapping[str, Any], pods: dict[str, Listed]) -> str:
    """Remember to which pod an item belongs; empty for what is not a pod's."""
    labels = item.get("labels") or {}
    uid = str(labels.get(observed.POD_UID, ""))
    if uid:
        pods.setdefault(uid, (uid, labels.get(observed.POD_NAMESPACE, ""), labels.get(observed.POD_NAME, "")))
    return uid
