"""A stand-in for an API server, for tests of what speaks to one: objects, resource versions, patches, watches; no
rules.

It has no defaults, no validation, no admission, and deletes at once what has neither finalizers nor a node. What a
real server does is tested against the real one, in tests/integration.
"""

import asyncio
import collections
import copy
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import unquote

from pyk3s.client import rest
from pyk3s.client.errors import ApiError

NOW = "2026-01-01T00:00:00Z"
MERGE_KEYS = {"ownerReferences": "uid", "conditions": "type"}


class FakeApi(rest.Client):
    """A `client.rest.Client` whose server is a dictionary: path of an object -> object."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.log: list[tuple[str, str]] = []
        self.refuse: dict[tuple[str, str], ApiError] = {}
        self.revision = 10
        self.history: list[tuple[int, str, str, dict[str, Any]]] = []
        self._more = asyncio.Event()

    def put(self, path: str, obj: dict[str, Any]) -> dict[str, Any]:
        """Create or replace an object, as somebody else would."""
        kind = "MODIFIED" if path in self.objects else "ADDED"
        return self._store(kind, path, obj)

    def remove(self, path: str) -> None:
        """Remove an object at once, as somebody else would."""
        self._store("DELETED", path, self.objects[path])
        del self.objects[path]

    def under(self, prefix: str) -> list[dict[str, Any]]:
        return [obj for path, obj in self.objects.items() if path.startswith(prefix)]

    def writes(self) -> collections.Counter[str]:
        return collections.Counter(method for method, _ in self.log if method != "GET")

    def _store(self, kind: str, path: str, obj: dict[str, Any]) -> dict[str, Any]:
        self.revision += 1
        obj = copy.deepcopy(obj)
        meta = obj.setdefault("metadata", {})
        meta.setdefault("name", path.rpartition("/")[2])
        if "/namespaces/" in path and not path.rpartition("/")[0].endswith("/namespaces"):
            meta.setdefault("namespace", path.split("/namespaces/")[1].split("/")[0])
        meta.setdefault("uid", f"uid-{self.revision}")
        meta.setdefault("creationTimestamp", NOW)
        meta["resourceVersion"] = str(self.revision)
        if kind != "DELETED":
            self.objects[path] = obj
        self.history.append((self.revision, kind, path, obj))
        self._more.set()
        return obj

    async def call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> bytes:
        await asyncio.sleep(0)
        path = unquote(path)
        self.log.append((method, path))
        if (method, path) in self.refuse:
            raise self.refuse[(method, path)]
        sent = json.loads(body) if body else {}
        answer = getattr(self, f"_{method.lower()}")(path, sent, content_type)
        return json.dumps(answer).encode()

    def _get(self, path: str, sent: dict[str, Any], content_type: str) -> dict[str, Any]:
        if path in self.objects:
            return self.objects[path]
        collection = path.split("/")[-1]
        if collection.islower() and collection.endswith("s") and path.count("/") in (3, 4, 5, 6):
            items = [self.objects[each] for each in self.objects if self._in(path, each)]
            return {"kind": "List", "metadata": {"resourceVersion": str(self.revision)}, "items": items}
        raise ApiError(404, "NotFound", f"{path} not found")

    def _in(self, collection: str, path: str) -> bool:
        folder = path.rpartition("/")[0]
        if folder == collection:
            return True
        root, _, plural = collection.rpartition("/")
        return folder.startswith(f"{root}/namespaces/") and folder.endswith(f"/{plural}")

    def _post(self, path: str, sent: dict[str, Any], content_type: str) -> dict[str, Any]:
        if path.endswith("/binding"):
            pod = copy.deepcopy(self._present(path.removesuffix("/binding")))
            pod.setdefault("spec", {})["nodeName"] = sent["target"]["name"]
            self.put(path.removesuffix("/binding"), pod)
            return {"kind": "Status", "status": "Success"}
        meta = sent["metadata"]
        if "name" not in meta:
            meta["name"] = f"{meta['generateName']}{self.revision}"
        target = f"{path}/{meta['name']}"
        if target in self.objects:
            raise ApiError(409, "AlreadyExists", f"{target} already exists")
        meta["generation"] = 1
        return self.put(target, sent)

    def _put(self, path: str, sent: dict[str, Any], content_type: str) -> dict[str, Any]:
        if path.endswith("/finalize"):
            path = path.removesuffix("/finalize")
            if not sent["spec"].get("finalizers"):
                self.remove(path)
                return sent
        return self.put(path, sent)

    def _patch(self, path: str, sent: dict[str, Any], content_type: str) -> dict[str, Any]:
        path, status = path.removesuffix("/status"), path.endswith("/status")
        present = copy.deepcopy(self._present(path))
        for key in ("uid", "resourceVersion"):
            wanted = sent.get("metadata", {}).pop(key, None)
            if wanted is not None and wanted != present["metadata"][key]:
                raise ApiError(409, "Conflict", f"{path}: {key} differs")
        before = copy.deepcopy(present.get("spec"))
        merged = _merged(present, sent, strategic=content_type == rest.STRATEGIC_PATCH)
        if not status and merged.get("spec") != before:
            merged["metadata"]["generation"] = merged["metadata"].get("generation", 1) + 1
        stored = self.put(path, merged)
        if stored["metadata"].get("deletionTimestamp") and not stored["metadata"].get("finalizers"):
            self.remove(path)
        return stored

    def _delete(self, path: str, sent: dict[str, Any], content_type: str) -> dict[str, Any]:
        if path not in self.objects and path.endswith("s"):
            for each in [each for each in self.objects if self._in(path, each)]:
                self._delete(each, sent, content_type)
            return {"kind": "Status", "status": "Success"}
        present = copy.deepcopy(self._present(path))
        uid = (sent.get("preconditions") or {}).get("uid")
        if uid is not None and uid != present["metadata"]["uid"]:
            raise ApiError(409, "Conflict", "uid differs")
        meta = present["metadata"]
        extra = {"Foreground": "foregroundDeletion", "Orphan": "orphan"}.get(sent.get("propagationPolicy", ""))
        if extra:
            meta["finalizers"] = [*meta.get("finalizers", []), extra]
        running = (present.get("spec") or {}).get("nodeName") and sent.get("gracePeriodSeconds") != 0
        if meta.get("finalizers") or running:
            meta["deletionTimestamp"] = NOW
            meta["deletionGracePeriodSeconds"] = 30 if running else 0
            return self.put(path, present)
        self.remove(path)
        return present

    def _present(self, path: str) -> dict[str, Any]:
        if path not in self.objects:
            raise ApiError(404, "NotFound", f"{path} not found")
        return self.objects[path]

    async def watch(
        self,
        path: str,
        resource_version: str,
        *,
        params: Mapping[str, str] | None = None,
        accept: str = "application/json",
    ) -> AsyncIterator[rest.WatchEvent]:
        name = (params or {}).get("fieldSelector", "").removeprefix("metadata.name=")
        named = name if "=" not in name else ""

        def wanted(each: str) -> bool:
            return self._in(path, each) and (not named or each.endswith(f"/{named}"))

        seen = self.revision if not resource_version else int(resource_version)
        if not resource_version:
            for each, obj in list(self.objects.items()):
                if wanted(each):
                    yield _event("ADDED", obj)
            mark = {"resourceVersion": str(seen), "annotations": {"k8s.io/initial-events-end": "true"}}
            yield _event("BOOKMARK", {"metadata": mark})
        position = next((n for n, entry in enumerate(self.history) if entry[0] > seen), len(self.history))
        while True:
            while position < len(self.history):
                _, kind, each, obj = self.history[position]
                position += 1
                if wanted(each):
                    yield _event(kind, obj)
            self._more.clear()
            await self._more.wait()
            await asyncio.sleep(0)


def _event(kind: str, obj: dict[str, Any]) -> rest.WatchEvent:
    return rest.WatchEvent(kind, json.dumps(obj).encode())


def _merged(present: Any, patch: Any, *, strategic: bool, key: str = "") -> Any:
    if strategic and isinstance(patch, list) and key in MERGE_KEYS:
        return _merged_list(present or [], patch, MERGE_KEYS[key])
    if not isinstance(patch, dict):
        return patch
    merged = dict(present) if isinstance(present, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), value, strategic=strategic, key=name)
    return merged


def _merged_list(present: list[Any], patch: list[Any], key: str) -> list[Any]:
    merged = {each[key]: each for each in present}
    for each in patch:
        if each.get("$patch") == "delete":
            merged.pop(each[key], None)
        else:
            merged[each[key]] = {**merged.get(each[key], {}), **each}
    return list(merged.values())


async def until(holds: Any, what: str) -> None:
    """Let other tasks run until `holds()`; bounded in turns of the event loop, not in time."""
    for turn in range(4000):
        if holds():
            return
        await asyncio.sleep(0 if turn % 20 else 0.002)
    raise AssertionError(f"never came true: {what}")
