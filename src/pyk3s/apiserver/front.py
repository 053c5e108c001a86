"""Where every request comes in: route, authenticate, authorise, dispatch, answer.

A request that needs no waiting is answered within the protocol's callback, without a task.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from pyk3s.api import selectors, status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import dispatch, identity, negotiation, rendering, routing
from pyk3s.apiserver.authn import impersonation
from pyk3s.apiserver.metrics import requests as counting
from pyk3s.apiserver.registry import registry as registries
from pyk3s.datastore import contract
from pyk3s.wire.http import messages

_READ_VERBS = {"GET": "get", "HEAD": "head", "POST": "post", "PUT": "put", "PATCH": "patch", "DELETE": "delete"}
_SELECTING = frozenset(("list", "watch", "deletecollection"))
DEPRECATED = {
    ("", "endpoints"): "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
    ("", "componentstatuses"): "v1 ComponentStatus is deprecated in v1.19+",
}
Answer = messages.AnyResponse
Finished = Coroutine[Any, Any, Answer]
Gate = Callable[[calls.Call, Finished], Finished]
"""Lets work begin when there is room for it."""
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
        self.gate: Gate = lambda call, work: work
        self.counted = counting.Requests()

    def __call__(self, request: messages.Request) -> Answer | Finished:
        began, call = counting.clock(), None
        try:
            user = self._user(request)
            route = routing.route(request.path)
            if route.plural:
                call = self._resource_call(request, route, user)
                answer = self._dispatcher.dispatch(call) if call.resource.plural else self._not_here(call)
            else:
                call = calls.Call(request, route, _READ_VERBS.get(request.method, request.method.lower()), user)
                self._authorize(call)
                answer = self._plain(call)
        except status.StatusError as error:
            answer = rendering.failure(error, call)
            if call is not None:
                self.counted.count(call, answer, began)
            return answer
        if asyncio.iscoroutine(answer):
            return self._later(call, answer, began)
        shown = rendering.answer(call, answer) if isinstance(answer, calls.Outcome) else answer
        self.counted.count(call, shown, began)
        return shown

    def _resource_call(self, request: messages.Request, route: routing.Route, user: identity.User) -> calls.Call:
        verb = dispatch.verb(request, named=bool(route.name), watching_prefix=route.watching)
        call = calls.Call(request, route, verb, user)
        self._authorize(call)
        resource = self._catalog.find(route.group, route.version, route.plural)
        if resource is None:
            return call
        call.resource = resource
        call.form = negotiation.form(request.headers.get("accept"))
        told = resource.custom.warning if resource.custom else DEPRECATED.get((resource.group, resource.plural))
        if told:
            call.warnings.append(told)
        return call

    def _not_here(self, call: calls.Call) -> dispatch.Answer:
        """What another server answers for a resource that is not in our catalogue; raises 404 if there is none."""
        answer = self.elsewhere(call)
        if answer is None:
            raise self._unknown(call.route)
        return answer

    def _unknown(self, route: routing.Route) -> status.StatusError:
        served = any(each.group == route.group and each.version == route.version for each in self._catalog)
        return status.no_such_resource() if served else rendering.NoSuchPath()

    def _authorize(self, call: calls.Call) -> None:
        user, route = call.user, call.route
        if identity.MASTERS in user.groups:
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
        self._require(access)

    def _require(self, access: identity.Access) -> None:
        decision = self.authorizer.decide(access)
        if not decision.allowed:
            raise refused(access, decision.reason)

    def _user(self, request: messages.Request) -> identity.User:
        """Who asks, or whom they act as."""
        user = self.authenticator.authenticate(request) or identity.ANONYMOUS
        target = impersonation.wanted(request)
        if target is None:
            return user
        for access in impersonation.needed(user, target):
            self._require(access)
        return impersonation.complete(target)

    async def _later(self, call: calls.Call, work: Coroutine[Any, Any, dispatch.Result], began: float) -> Answer:
        """What takes time takes a seat; administrators always have one."""
        finished = self._finished(call, work)
        with self.counted.under_way(call.verb):
            answer = await (finished if identity.MASTERS in call.user.groups else self.gate(call, finished))
        self.counted.count(call, answer, began)
        return answer

    async def _finished(self, call: calls.Call, work: Coroutine[Any, Any, dispatch.Result]) -> Answer:
        try:
            result = await work
        except status.StatusError as error:
            return rendering.failure(error, call)
        except contract.Unavailable as error:  # such as a full disk: told to the client, who may try again
            return rendering.failure(status.internal(str(error)), call)
        if isinstance(result, calls.Outcome):
            return rendering.answer(call, result)
        return result


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
