"""Where every request comes in: route, authenticate, authorise, dispatch, answer.

A request that needs no waiting is answered within the protocol's callback, without a task.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from pyk3s.api import selectors, status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import dispatch, identity, negotiation, rendering, routing
from pyk3s.apiserver.audit import auditing
from pyk3s.apiserver.audit import record as records
from pyk3s.apiserver.authn import impersonation
from pyk3s.apiserver.flowcontrol import gate
from pyk3s.apiserver.metrics import requests as counting
from pyk3s.apiserver.registry import registry as registries
from pyk3s.datastore import contract
from pyk3s.lib import tasks
from pyk3s.wire.http import messages

_READ_VERBS = {"GET": "get", "HEAD": "head", "POST": "post", "PUT": "put", "PATCH": "patch", "DELETE": "delete"}
OVERDUE = "Timeout: request did not complete within requested timeout - context deadline exceeded"
_SELECTING = frozenset(("list", "watch", "deletecollection"))
DEPRECATED = {
    ("", "endpoints"): "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
    ("", "componentstatuses"): "v1 ComponentStatus is deprecated in v1.19+",
}
Answer = messages.AnyResponse
Finished = Coroutine[Any, Any, Answer]
Gate = Callable[[calls.Call, Finished], Finished]
"""Lets work begin when there is room for it."""
Beside = Callable[[messages.Request], Answer | Finished | None]
"""Answers for plain paths that are none of the API's, before anything is asked about the user; None for all others."""
PlainPath = Callable[[calls.Call], dispatch.Answer]


class Front:
    """The server's HTTP handler."""

    def __init__(
        self,
        registry: registries.Registry,
        dispatcher: dispatch.Dispatcher,
        authenticator: identity.Authenticator,
        authorizer: identity.Authorizer,
        plain: PlainPath,
    ):
        self._registry, self._dispatcher, self._plain = registry, dispatcher, plain
        self.authenticator, self.authorizer = authenticator, authorizer
        self._catalog = registry.catalog
        self.elsewhere: Callable[[calls.Call], dispatch.Answer | None] = lambda call: None
        self.beside: Beside = lambda request: None
        self.gate: Gate = lambda call, work: work
        self.auditor: auditing.Auditor | None = None
        self.admits_anonymous = True
        self.timeout_s = 0.0
        self._bounded = tasks.TaskOwner("bounded requests", lambda name, error: None)  # each is told of its error
        self.counted = counting.Requests()

    def __call__(self, request: messages.Request) -> Answer | Finished:
        return self._serve(request, None) if self.auditor is None else self.auditor.audited(request, self._serve)

    def _serve(self, request: messages.Request, record: records.Record | None) -> Answer | Finished:
        try:
            return self._attempt(request, record)
        except identity.Unsettled as question:
            return self._settled(request, record, question)

    async def _settled(
        self, request: messages.Request, record: records.Record | None, question: identity.Unsettled
    ) -> Answer:
        """Take a request up again once what somebody else decides is known; that may raise the next question."""
        while True:
            try:
                await question.settle()
            except status.StatusError as error:
                if record is not None:
                    record.failed(error)
                return rendering.failure(error)
            try:
                answer = self._attempt(request, record)
                return await answer if asyncio.iscoroutine(answer) else answer
            except identity.Unsettled as another:
                question = another

    def _attempt(self, request: messages.Request, record: records.Record | None) -> Answer | Finished:
        began, route = counting.clock(), routing.route(request.path)
        if not route.plural and (answered := self.beside(request)) is not None:
            return answered
        if route.plural:
            verb = dispatch.verb(request, named=bool(route.name), watching_prefix=route.watching)
        else:
            verb = _READ_VERBS.get(request.method, request.method.lower())
        call = calls.Call(request, route, verb, identity.ANONYMOUS, record)
        try:
            self._identify(call)
            self._authorize(call)
            answer = self._resource(call) if route.plural else self._plain(call)
        except status.StatusError as error:
            answer = self._failed(call, error)
            self.counted.count(call, answer, began)
            return answer
        if asyncio.iscoroutine(answer):
            return self._later(call, answer, began)
        shown = self._shown(call, answer) if isinstance(answer, calls.Outcome) else answer
        self.counted.count(call, shown, began)
        return shown

    def _resource(self, call: calls.Call) -> dispatch.Answer:
        route = call.route
        resource = self._catalog.find(route.group, route.version, route.plural)
        if resource is None:
            return self._not_here(call)
        call.resource = resource
        call.form = negotiation.form(
            call.request.headers.get("accept"), tables=resource.stored or "get" in resource.verbs
        )
        told = resource.custom.warning if resource.custom else DEPRECATED.get((resource.group, resource.plural))
        if told:
            call.warnings.append(told)
            if call.annotations is not None:
                call.annotations["k8s.io/deprecated"] = "true"
        return self._dispatcher.dispatch(call)

    def _not_here(self, call: calls.Call) -> dispatch.Answer:
        """What another server answers for a resource that is not in our catalogue; raises 404 if there is none."""
        answer = self.elsewhere(call)
        if answer is None:
            raise self._unknown(call.route)
        return answer

    def _unknown(self, route: routing.Route) -> status.StatusError:
        return rendering.unknown(self._catalog, route.path)

    def _identify(self, call: calls.Call) -> None:
        """Who asks, or whom they act as; raises 401 and 403."""
        request, record = call.request, call.record
        try:
            user = self.authenticator.authenticate(request)
            if user is None:
                if not self.admits_anonymous:
                    raise status.unauthorized()
                user = identity.ANONYMOUS
            call.user = user
        except status.StatusError:
            if record is not None and self.auditor is not None:
                self.auditor.refused(record, call)
            raise
        if record is not None and self.auditor is not None:
            self.auditor.received(record, call)
        target = impersonation.wanted(request)
        if target is None:
            return
        for access in impersonation.needed(user, target):
            self._require(access, record)
        call.user = impersonation.complete(target)

    def _authorize(self, call: calls.Call) -> None:
        user, route, record = call.user, call.route, call.record
        if identity.MASTERS in user.groups:
            if record is not None:
                record.decided(identity.Decision(True))
            return
        selects = _selected(call) if call.verb in _SELECTING and call.request.raw_query else ()
        access = identity.Access(
            user,
            call.verb,
            route.group,
            route.version,
            route.plural,
            route.subresource,
            route.namespace,
            route.name or dict(selects).get("metadata.name", ""),
            route.path,
            selects,
        )
        self._require(access, record)

    def _require(self, access: identity.Access, record: records.Record | None) -> None:
        decision = self.authorizer.decide(access)
        if record is not None:
            record.decided(decision)
        if not decision.allowed:
            raise refused(access, decision.reason)

    @staticmethod
    def _shown(call: calls.Call, outcome: calls.Outcome) -> Answer:
        if call.record is not None:
            call.record.outcome = outcome
        return rendering.answer(call, outcome)

    async def _later(self, call: calls.Call, work: Coroutine[Any, Any, dispatch.Result], began: float) -> Answer:
        """What takes time takes a seat; administrators always have one."""
        finished = self._finished(call, work)
        running = finished if identity.MASTERS in call.user.groups else self.gate(call, finished)
        if self.timeout_s and not _is_long(call):
            running = self._in_time(call, running)
        with self.counted.under_way(call.verb):
            answer = await running
        self.counted.count(call, answer, began)
        return answer

    async def close(self) -> None:
        """End what is still worked on beyond its time."""
        await self._bounded.close()

    async def _in_time(self, call: calls.Call, work: Finished) -> Answer:
        """The answer, or 504 after a time; work that is under way goes on, so that no write is left half-way."""
        task = self._bounded.start(work, call.route.path)
        done, _ = await asyncio.wait({task}, timeout=self.timeout_s)
        return task.result() if done else self._failed(call, status.StatusError(504, "Timeout", OVERDUE))

    async def _finished(self, call: calls.Call, work: Coroutine[Any, Any, dispatch.Result]) -> Answer:
        try:
            result = await work
        except status.StatusError as error:
            return self._failed(call, error)
        except contract.Unavailable as error:  # such as a full disk: told to the client, who may try again
            return self._failed(call, status.internal(str(error)))
        except identity.Unsettled as question:  # of an admission plug-in, before anything was written
            return await self._settled(call.request, call.record, question)
        return self._shown(call, result) if isinstance(result, calls.Outcome) else result

    @staticmethod
    def _failed(call: calls.Call, error: status.StatusError) -> Answer:
        if call.record is not None:
            call.record.failed(error)
        return rendering.failure(error, call)


def _is_long(call: calls.Call) -> bool:
    """Whether a request is meant to go on for as long as the client wants."""
    return call.verb in gate.LONG_RUNNING or call.route.subresource in gate.LONG_SUBRESOURCES


def _selected(call: calls.Call) -> tuple[tuple[str, str], ...]:
    """What a field selector requires to be equal; nothing if it cannot be read, which the handler will say."""
    try:
        parsed = selectors.parse_fields(call.parameter("fieldSelector"))
    except selectors.SelectorError:
        return ()
    return tuple((each.field, each.value) for each in parsed.requirements if each.equal)


def refused(access: identity.Access, reason: str = "") -> status.StatusError:
    """403 in the words of the API."""
    tail = f": {reason}" if reason else ""
    who = f'User "{access.user.name}" cannot {access.verb}'
    if not access.plural:
        return status.StatusError(403, "Forbidden", f'forbidden: {who} path "{access.path}"{tail}', {})
    what = f"{access.plural}/{access.subresource}" if access.subresource else access.plural
    where = f'in the namespace "{access.namespace}"' if access.namespace else "at the cluster scope"
    why = f'{who} resource "{what}" in API group "{access.group}" {where}{tail}'
    return status.forbidden(access.group, access.plural, access.name, why)
