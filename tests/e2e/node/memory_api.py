"""A stand-in for the API server, in memory: enough of the client's surface for one node to run pods against.

Not a second implementation: no validation, no defaults. Tests against the real API server are in tests/integration.
"""

import asyncio
import copy
import itertools
import json
import uuid
from collections.abc import AsyncIterator, Mapping
from typing import Any

from pyk3s.client.errors import ApiError
from pyk3s.client.rest import WatchEvent
from pyk3s.lib import clock, timestamps

JSON = dict[str, Any]
INITIAL_END = {"k8s.io/initial-events-end": "true"}


class MemoryApi:
    """Objects by path. Deleting a pod marks it first, as the real one does, until it is deleted with no grace."""

    def __init__(self) -> None:
        self.objects: dict[str, JSON] = {}
        self.events: list[JSON] = []
        self.status_writes = 0
        self._revision = itertools.count(1)
        self._watchers: list[tuple[str, dict[str, str], asyncio.Queue[WatchEvent]]] = []

    async def get(self, path: str) -> JSON:
        if path not in self.objects:
            raise ApiError(404, "NotFound", f"{path} not found")
        return copy.deepcopy(self.objects[path])

    async def create(self, path: str, obj: JSON) -> JSON:
        if path.endswith("/token"):
            expires = timestamps.rfc3339(clock.SystemClock().time() + 3600)
            return {"status": {"token": f"token-of-{path.split('/')[-2]}", "expirationTimestamp": expires}}
        if path.endswith("/events"):
            self.events.append(obj)
        made = copy.deepcopy(obj)
        made["metadata"].setdefault("uid", str(uuid.uuid4()))
        if "/namespaces/" in path:
            made["metadata"].setdefault("namespace", path.split("/namespaces/")[1].split("/")[0])
        key = f"{path}/{made['metadata']['name']}"
        if key in self.objects:
            raise ApiError(409, "AlreadyExists", f"{key} already exists")
        return self._store(key, made, "ADDED")

    async def patch(self, path: str, patch: JSON, content_type: str = "", **params: str) -> JSON:
        key = path.removesuffix("/status")
        present = await self.get(key)
        self.status_writes += path.endswith("/status") and "/pods/" in path
        if (uid := patch.get("metadata", {}).pop("uid", None)) and uid != present["metadata"]["uid"]:
            raise ApiError(409, "Conflict", "uid differs")
        return self._store(key, _merged(present, patch), "MODIFIED")

    async def delete(self, path: str, options: JSON | None = None) -> JSON:
        present = await self.get(path)
        grace = (options or {}).get("gracePeriodSeconds", present["spec"].get("terminationGracePeriodSeconds", 30))
        if "/pods/" in path and grace:
            present["metadata"] |= {"deletionTimestamp": timestamps.rfc3339(0), "deletionGracePeriodSeconds": grace}
            return self._store(path, present, "MODIFIED")
        del self.objects[path]
        self._tell(path, present, "DELETED")
        return present

    async def watch(
        self, path: str, resource_version: str, *, params: Mapping[str, str] | None = None, accept: str = ""
    ) -> AsyncIterator[WatchEvent]:
        query = dict(params or {})
        queue: asyncio.Queue[WatchEvent] = asyncio.Queue()
        for key, obj in self.objects.items():
            if _chosen(path, query, key, obj):
                queue.put_nowait(WatchEvent("ADDED", json.dumps(obj).encode()))
        mark = {"metadata": {"resourceVersion": str(next(self._revision)), "annotations": INITIAL_END}}
        queue.put_nowait(WatchEvent("BOOKMARK", json.dumps(mark).encode()))
        entry = (path, query, queue)
        self._watchers.append(entry)
        try:
            while True:
                yield await queue.get()
        finally:
            self._watchers.remove(entry)

    def _store(self, key: str, obj: JSON, kind: str) -> JSON:
        obj["metadata"]["resourceVersion"] = str(next(self._revision))
        self.objects[key] = obj
        self._tell(key, obj, kind)
        return copy.deepcopy(obj)

    def _tell(self, key: str, obj: JSON, kind: str) -> None:
        for path, query, queue in self._watchers:
            if _chosen(path, query, key, obj):
                queue.put_nowait(WatchEvent(kind, json.dumps(obj).encode()))


def _chosen(path: str, query: dict[str, str], key: str, obj: JSON) -> bool:
    plural = path.rpartition("/")[2]
    if f"/{plural}/" not in key or ("/namespaces/" in path and not key.startswith(f"{path}/")):
        return False
    field, _, value = query.get("fieldSelector", "").partition("=")
    found: Any = obj
    for part in field.split(".") if field else ():
        found = (found or {}).get(part)
    return not field or found == value


def _merged(old: Any, patch: Any) -> Any:
    if isinstance(old, list) and isinstance(patch, list):
        if patch and all(isinstance(each, dict) and "type" in each for each in patch if "$patch" not in each):
            kept = {each["type"]: each for each in old}
            for each in patch:
                if "type" in each:
                    kept[each["type"]] = _merged(kept.get(each["type"], {}), each)
            return list(kept.values())
        return [each for each in patch if not (isinstance(each, dict) and "$patch" in each)]
    if isinstance(old, dict) and isinstance(patch, dict):
        made = dict(old)
        for key, value in patch.items():
            if value is None:
                made.pop(key, None)
            else:
                made[key] = _merged(made.get(key, {} if isinstance(value, dict) else None), value)
        return made
    return [e for e in patch if not (isinstance(e, dict) and "$patch" in e)] if isinstance(patch, list) else patch
