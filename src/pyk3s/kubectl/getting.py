"""What `get` asks the server for: one request per list or object, as a table or as objects, in pieces."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import msgspec

from pyk3s.client.errors import ApiError
from pyk3s.kubectl import naming
from pyk3s.kubectl.context import Context
from pyk3s.kubectl.discovery import Resource
from pyk3s.kubectl.errors import CommandError
from pyk3s.kubectl.server import TABLE, decoded

JSON = dict[str, Any]


class Wish(NamedTuple):
    """One list, or one object where it has a name."""

    resource: Resource
    namespace: str
    name: str = ""

    def path(self, subresource: str = "") -> str:
        return self.resource.path(self.namespace, self.name, subresource)


class Answer(NamedTuple):
    """What came for a wish: a Table, or an object, or a list."""

    wish: Wish
    body: JSON


class Asking(NamedTuple):
    """How to ask: selectors, as tables or not, with whole objects in the tables or not, in pieces of `chunk`."""

    query: dict[str, str]
    tables: bool
    whole: bool = False
    chunk: int = 500
    subresource: str = ""


def wishes(selected: list[naming.Selected], namespace: str, *, everywhere: bool, selecting: bool) -> list[Wish]:
    """The requests that a selection needs; raises CommandError."""
    found = []
    for resource, names in selected:
        if names and selecting:
            raise CommandError("name cannot be provided when a selector is specified")
        if names and everywhere and resource.namespaced:
            raise CommandError("a resource cannot be retrieved by name across all namespaces")
        here = namespace if resource.namespaced and not everywhere else ""
        found += [Wish(resource, here, name) for name in names] or [Wish(resource, here)]
    return found


async def ask(context: Context, wish: Wish, asking: Asking) -> Answer:
    """Fetch one wish, all its pieces joined; raises ApiError."""
    try:
        return await _ask(context, wish, asking)
    except ApiError as error:
        if wish.name or error.code not in (400, 404):
            raise
        raise ApiError(error.code, error.reason, _unlisted(wish, asking.query, error.message), error.details) from error


def _unlisted(wish: Wish, query: dict[str, str], why: str) -> str:
    resource = wish.resource
    what = f'"{resource.group}/{resource.version}, Resource={resource.plural}"'
    labels, fields = query.get("labelSelector", ""), query.get("fieldSelector", "")
    if not labels and not fields:
        return f"Unable to list {what}: {why}"
    return f'Unable to find {what} that match label selector "{labels}", field selector "{fields}": {why}'


async def _ask(context: Context, wish: Wish, asking: Asking) -> Answer:
    query = dict(asking.query)
    if asking.tables:
        query["includeObject"] = "Object" if asking.whole else "Metadata"
    if wish.name:
        return Answer(wish, await _page(context, wish, query, asking))
    if asking.chunk:
        query["limit"] = str(asking.chunk)
    whole: JSON | None = None
    while True:
        page = await _page(context, wish, query, asking)
        items = "rows" if page.get("kind") == "Table" else "items"
        if whole is None:
            whole = page
            whole[items] = page.get(items) or []
        else:
            whole[items] += page.get(items) or []
            whole["metadata"] = page["metadata"]
        more = (page.get("metadata") or {}).get("continue")
        if not more:
            return Answer(wish, whole)
        query["continue"] = more


async def _page(context: Context, wish: Wish, query: dict[str, str], asking: Asking) -> JSON:
    accept = TABLE if asking.tables else "application/json"
    return decoded(await context.server.call("GET", wish.path(asking.subresource), None, query, accept=accept))


async def watch(context: Context, wish: Wish, asking: Asking, version: str) -> AsyncIterator[tuple[str, JSON]]:
    """Type and object (or Table) of what happens after a version, for ever; raises ApiError."""
    query = {**asking.query, "watch": "true", "resourceVersion": version}
    if asking.tables:
        query["includeObject"] = "Object" if asking.whole else "Metadata"
    path = wish.resource.path(wish.namespace)
    if wish.name:
        query["fieldSelector"] = f"metadata.name={wish.name}"
    accept = TABLE if asking.tables else "application/json"
    async for line in context.server.lines(path, query, accept=accept):
        event = msgspec.json.decode(line, type=dict)
        if event["type"] == "ERROR":
            status = event["object"]
            raise ApiError(status.get("code", 500), status.get("reason", ""), status.get("message", ""))
        if event["type"] != "BOOKMARK":
            yield event["type"], event["object"]
