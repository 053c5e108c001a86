"""Follows APIServices: keeps those of the own groups, checks the others' servers, and answers for them.

Checks run when an APIService, its Service or its endpoints change, and again every half minute while there are other
servers. Without any, nothing runs and no request costs more.
"""

import asyncio
import hashlib
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import msgspec

from pyk3s.api import status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import own_writes, rendering, settling
from pyk3s.apiserver.aggregation import conditions, local, merging, relaying
from pyk3s.apiserver.aggregation.identity import ProxyIdentity
from pyk3s.apiserver.aggregation.remote import Remote
from pyk3s.apiserver.bootstrap import create as bootstrap
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.registry import updating
from pyk3s.lib import log
from pyk3s.pki import contexts
from pyk3s.wire.http import messages

JSON = dict[str, Any]
Answer = calls.Outcome | messages.AnyResponse
PlainAnswer = calls.Outcome | messages.Response
Plain = Callable[[calls.Call], PlainAnswer]
"""Answers a plain path from what this server has itself."""
RECHECK_S = 30.0
SERVICES, SLICES = "/registry/services/specs/", "/registry/endpointslices/"
_log = log.get_logger("aggregation")


class Aggregator(settling.Settling):
    """All APIServices of a server. `start` once what every cluster has is there."""

    def __init__(self, registry: registries.Registry, proxy: ProxyIdentity | None, live: contexts.Contexts):
        self._proxy, self._live = proxy, live
        self._remotes: dict[tuple[str, str], Remote] = {}
        self._names: dict[str, tuple[str, str]] = {}
        self._own: dict[tuple[str, str], None] = {}
        super().__init__(registry, local.GROUP, local.PLURAL, depending=self._remotes)

    def start(self) -> None:
        """Take in what is there and what this server serves itself, then follow."""
        super().start()
        for resource in self._registry.catalog:
            self.served_otherwise(resource.group, resource.version)

    async def stop(self) -> None:
        """End the task and the connections."""
        await super().stop()
        for remote in self._remotes.values():
            await remote.close()

    def served_otherwise(self, group: str, version: str) -> None:
        """Custom resources of a group version have come or gone."""
        self._own[group, version] = None
        self._wake.set()

    # -- following ----------------------------------------------------------------------------------------------

    def _other_changed(self, key: str) -> None:
        """A Service or its endpoints may be those of a server."""
        if not key.startswith((SERVICES, SLICES)):
            return
        kind = SERVICES if key.startswith(SERVICES) else SLICES
        namespace, _, name = key.removeprefix(kind).partition("/")
        for remote in self._remotes.values():
            where, service = remote.service
            if where == namespace and (service == name or (kind is SLICES and name.startswith(f"{service}-"))):
                self._wait_for(remote.name)

    def _seen(self, name: str) -> None:
        """An APIService has changed: know its server, if it has one."""
        found = self._read(name)
        spec = found["spec"] if found is not None else {}
        key = self._names.get(name)
        known = self._remotes.get(key) if key is not None else None
        if known is not None and known.spec == spec:
            return
        if key is not None:
            del self._remotes[key], self._names[name]
        if spec.get("service"):
            key = spec["group"], spec["version"]
            self._remotes[key], self._names[name] = Remote(name, spec, self._proxy, self._live), key
        self._wait_for(name)

    async def _run(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self._wake.wait(), RECHECK_S if self._remotes else None)
            except TimeoutError:
                self._due.update(dict.fromkeys(self._names))
            self._wake.clear()
            own, self._own = self._own, {}
            due = self._take_due()
            for group, version in own:
                await self._keep_own(group, version)
            await asyncio.gather(*(self._settle(name) for name in due))

    async def _keep_own(self, group: str, version: str) -> None:
        """There is an APIService of every own group version, and none of those that are gone."""
        if group == local.GROUP or (group, version) in self._remotes:
            return
        name = local.name(group, version)
        served = [each for each in self._registry.catalog if (each.group, each.version) == (group, version)]
        existing = self._read(name)
        if served and existing is None:
            made = local.api_service(group, version, custom=bool(served[0].custom))
            await bootstrap.ensure(self._registry, made)
        elif not served and existing is not None and _is_automanaged(existing):
            await own_writes.delete(self._registry, self._store, "", name)

    async def _settle(self, name: str) -> None:
        """Check an APIService and write what came of it."""
        key = self._names.get(name)
        verdict = await self._remotes[key].check(self._registry) if key is not None else conditions.LOCAL
        found = self._read(name)
        if found is None or (wanted := conditions.settled(found, verdict, self._registry.now())) is None:
            return
        if key is not None:
            _log.info("availability", service=name, available=verdict.status, why=verdict.message)
        change = updating.Change(
            lambda live: {**live, "status": wanted},
            subresource="status",
            prepare=lambda new, old, now: None,
            validate=lambda resource, new, old: [],
            retries=True,
        )
        await self._change(name, change)

    # -- answering ----------------------------------------------------------------------------------------------

    def elsewhere(self, call: calls.Call) -> Answer | Coroutine[Any, Any, Answer] | None:
        """The answer of the server that serves a call's group version; None if there is no such server."""
        remote = self._remotes.get((call.route.group, call.route.version))
        return self._relayed(remote, call) if remote is not None else None

    def _relayed(self, remote: Remote, call: calls.Call) -> Answer | Coroutine[Any, Any, Answer]:
        if not remote.available:
            return rendering.text(503, "service unavailable\n")
        try:
            client = remote.client(self._registry)
        except status.StatusError:
            return rendering.text(503, "service unavailable\n")
        return relaying.relay(client, call)

    def plain(self, call: calls.Call, own: Plain) -> Answer | Coroutine[Any, Any, Answer] | None:
        """Discovery and OpenAPI paths that other servers have a part in; None for all others."""
        if not self._remotes:
            return None
        served = [remote.served() for remote in self._remotes.values() if remote.resources]
        match call.route.path.strip("/").split("/"):
            case ["apis", group, version] if remote := self._remotes.get((group, version)):
                return self._relayed(remote, call)
            case ["openapi", "v3", "apis", group, version] if remote := self._remotes.get((group, version)):
                return self._relayed(remote, call)
            case ["apis"] if served:
                return _changed(call, own(call), lambda body: _groups(body, served))
            case ["apis", group] if versions := merging.by_group(served).get(group):
                return self._group(call, own, versions)
            case ["openapi", "v3"]:
                remotes = self._remotes.values()
                addresses = {each.path.removeprefix("/"): each.openapi for each in remotes if each.openapi}
                return _changed(call, own(call), lambda body: merging.openapi_index(body, addresses))
        return None

    def _group(self, call: calls.Call, own: Plain, versions: Sequence[merging.Served]) -> Answer:
        try:
            document = _document(own(call))
        except rendering.NoSuchPath:
            document = None
        return rendering.encoded(200, {"kind": "APIGroup", "apiVersion": "v1", **merging.group(document, versions)})


def _is_automanaged(api_service: JSON) -> bool:
    return bool((api_service["metadata"].get("labels") or {}).get(local.AUTOMANAGED) == "true")


def _groups(document: JSON, served: Sequence[merging.Served]) -> JSON:
    return merging.aggregated(document, served) if "items" in document else merging.group_list(document, served)


def _changed(call: calls.Call, own: PlainAnswer, change: Callable[[JSON], JSON]) -> PlainAnswer:
    """An answer of this server with another body and, where it had one, another ETag."""
    body = msgspec.json.encode(change(_document(own)))
    if isinstance(own, calls.Outcome):
        return calls.Outcome(own.code, body)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32].upper()}"'.encode()
    assert not isinstance(own.headers, bytes)
    headers = [(name, tag if name == b"ETag" else value) for name, value in own.headers]
    if call.request.headers.get("if-none-match").encode() == tag:
        return messages.Response(304, headers)
    return messages.Response(own.status, headers, body)


def _document(answer: PlainAnswer) -> JSON:
    body = answer.body
    found: JSON = msgspec.json.decode(body if isinstance(body, bytes) else b"".join(body))
    return found
