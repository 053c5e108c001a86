"""From a routed and authorised call to its handler."""

from collections.abc import Callable, Coroutine
from typing import Any

from pyk3s.api import status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver.admission import connecting
from pyk3s.apiserver.handlers import create, delete, get, listing, patch, put, watching
from pyk3s.apiserver.registry import registry as registries
from pyk3s.wire.http import messages

Result = calls.Outcome | messages.AnyResponse
Answer = Result | Coroutine[Any, Any, Result]
Handler = Callable[[registries.Registry, calls.Call], Answer]

_UNNAMED_VERBS = frozenset(("create", "list", "deletecollection"))
VERBS: dict[str, str] = {"POST": "create", "PUT": "update", "PATCH": "patch"}
HANDLERS: dict[str, Handler] = {
    "get": get.get,
    "list": listing.list_,
    "watch": watching.watch,
    "create": create.create,
    "update": put.put,
    "patch": patch.patch,
    "delete": delete.delete,
    "deletecollection": delete.delete_collection,
}


def verb(request: messages.Request, *, named: bool, watching_prefix: bool) -> str:
    """The API verb of a request to a resource; empty for methods that the API does not have."""
    method = request.method
    if method in ("GET", "HEAD"):
        if watching_prefix:
            return "watch"
        watched = "watch" in request.raw_query and _watches(request.raw_query)
        if named:
            return "get"
        return "watch" if watched else "list"
    if method == "DELETE":
        return "delete" if named else "deletecollection"
    return VERBS.get(method, "")


def _watches(raw_query: str) -> bool:
    return any(
        name == "watch" and value.lower() not in ("false", "0")
        for name, _, value in (term.partition("=") for term in raw_query.split("&"))
    )


def _is_misnamed(call: calls.Call) -> bool:
    """Whether the path names an object where the verb takes none, or the other way round; a watch may do either."""
    return call.verb != "watch" and bool(call.route.name) is (call.verb in _UNNAMED_VERBS)


class Dispatcher:
    """Knows the handlers of resources and of sub-resources; parts of the server add theirs."""

    def __init__(self, registry: registries.Registry):
        self._registry = registry
        self._subresources: dict[tuple[str, str, str], Handler] = {}
        self._reviews: dict[tuple[str, str], Handler] = {}

    def add_subresource(self, group: str, plural: str, name: str, handler: Handler) -> None:
        """Let `handler` answer for a sub-resource; plural `*` stands for every resource that has it."""
        self._subresources[(group, plural, name)] = handler

    def add_review(self, group: str, plural: str, handler: Handler) -> None:
        """Let `handler` answer for a resource that is not stored."""
        self._reviews[(group, plural)] = handler

    def dispatch(self, call: calls.Call) -> Answer:
        """Run the call's handler; raises StatusError."""
        route, resource = call.route, call.resource
        if route.subresource:
            return self._dispatch_subresource(call)
        if not call.verb:
            raise status.method_not_allowed()
        if resource.namespaced is not bool(route.namespace) and not self._fits(call):
            raise self._misplaced(call)
        if call.verb not in resource.verbs or _is_misnamed(call):
            raise status.method_not_allowed()
        if not resource.stored:
            return self._review(call)
        return HANDLERS[call.verb](self._registry, call)

    def _review(self, call: calls.Call) -> Answer:
        handler = self._reviews.get((call.resource.group, call.resource.plural))
        if handler is None:
            raise status.no_such_resource()
        return handler(self._registry, call)

    @staticmethod
    def _fits(call: calls.Call) -> bool:
        """Whether a path may do without namespace, or with one: lists of all namespaces, and namespaces themselves."""
        if call.resource.namespaced:
            return call.verb in ("list", "watch") and not call.route.name
        return call.resource.plural == "namespaces"

    @staticmethod
    def _misplaced(call: calls.Call) -> status.StatusError:
        if call.resource.namespaced and not call.route.name:
            return status.method_not_allowed()
        return status.no_such_resource()

    def _dispatch_subresource(self, call: calls.Call) -> Answer:
        route, resource = call.route, call.resource
        sub = resource.subresource(route.subresource)
        if sub is None:
            if resource.custom:
                raise status.not_found(resource.group, resource.plural, route.name)
            raise status.no_such_resource()
        if route.rest and sub.name != "proxy" and not resource.custom:
            raise status.no_such_resource()
        passes_everything = sub.name == "proxy" and call.request.method == "OPTIONS"
        if call.verb not in sub.verbs and not passes_everything:
            raise status.method_not_allowed()
        for plural in (resource.plural, "*"):
            handler = self._subresources.get((resource.group if plural != "*" else "*", plural, sub.name))
            if handler is not None:
                if sub.name in connecting.SUBRESOURCES:
                    return self._connect(handler, call)
                return handler(self._registry, call)
        raise status.no_such_resource()

    async def _connect(self, handler: Handler, call: calls.Call) -> Result:
        await connecting.admit(self._registry, call)
        answer = handler(self._registry, call)
        return await answer if isinstance(answer, Coroutine) else answer
