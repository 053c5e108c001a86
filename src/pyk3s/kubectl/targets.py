"""The objects that a command is about: those of files, those named, or those selected. Reads them from the server."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple

from pyk3s.client.errors import ApiError
from pyk3s.kubectl import manifests, naming
from pyk3s.kubectl.arguments import SWITCH, Flag
from pyk3s.kubectl.command import Call
from pyk3s.kubectl.context import Context
from pyk3s.kubectl.discovery import Resource
from pyk3s.kubectl.errors import CommandError

JSON = dict[str, Any]
CHUNK = 500
SELECTOR = Flag("selector", "l", text="Selector of labels: a=b, a!=b, a in (b,c), a, !a")
FIELD_SELECTOR = Flag("field-selector", text="Selector of fields: a=b, a!=b")
ALL_NAMESPACES = Flag("all-namespaces", "A", SWITCH, text="In all namespaces")
ALL = Flag("all", "", SWITCH, text="All objects of the types named")
NOTHING_NAMED = """You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'"""


class Target(NamedTuple):
    """One object: what and where it is, its state on the server (or in its file), and the file it came from."""

    resource: Resource
    namespace: str
    name: str
    object: JSON
    source: str = ""

    @property
    def path(self) -> str:
        return self.resource.path(self.namespace, self.name)

    @property
    def shown(self) -> str:
        """`deployment.apps/web`."""
        return f"{self.resource.shown}/{self.name}"


def of_object(resource: Resource, obj: JSON, source: str = "") -> Target:
    metadata = obj.get("metadata") or {}
    return Target(resource, metadata.get("namespace", ""), metadata.get("name", ""), obj, source)


async def named(call: Call, words: Sequence[str], *, nothing: str = NOTHING_NAMED) -> list[Target]:
    """The objects of `-f` or of words and selectors, as they are on the server; raises CommandError, ApiError."""
    return [target async for target in each(call, words, nothing=nothing)]


async def each(call: Call, words: Sequence[str], *, nothing: str = NOTHING_NAMED) -> AsyncIterator[Target]:
    """The same, one after the other."""
    if "filename" in call.flags.names and manifests.wanted(call):
        if words:
            raise CommandError(
                "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well"
            )
        for target in await of_files(call):
            yield target._replace(object=await call.context.server.get(target.path))
        return
    if not words:
        raise CommandError(nothing)
    async for target in of_words(call, words):
        yield target


async def of_words(call: Call, words: Sequence[str]) -> AsyncIterator[Target]:
    """The objects that words and selectors name, as they are on the server."""
    context = call.context
    selected = naming.select(await context.discovery(), naming.asked(words))
    query = _selection(call)
    everything = query or ("all" in call.flags.names and call.flags.on("all"))
    if query and any(each.names for each in selected):
        raise CommandError("name cannot be provided when a selector is specified")
    for resource, names in selected:
        namespace = _namespace(call, resource)
        if not names and not everything:
            raise CommandError("resource(s) were provided, but no name was specified")
        if names and resource.namespaced and not namespace:
            raise CommandError("a resource cannot be retrieved by name across all namespaces")
        for name in names:
            yield of_object(resource, await context.server.get(resource.path(namespace, name)))
        if not names:
            for obj in await listed(context, resource, namespace, query):
                yield of_object(resource, obj)


def _selection(call: Call) -> dict[str, str]:
    names = {"selector": "labelSelector", "field-selector": "fieldSelector"}
    known = call.flags.names
    return {query: call.flags.text(flag) for flag, query in names.items() if flag in known and call.flags.text(flag)}


def _namespace(call: Call, resource: Resource) -> str:
    if not resource.namespaced or ("all-namespaces" in call.flags.names and call.flags.on("all-namespaces")):
        return ""
    return call.context.namespace


async def listed(context: Context, resource: Resource, namespace: str, query: dict[str, str]) -> list[JSON]:
    """All objects of a resource, asked for in pieces; each carries its kind."""
    found: list[JSON] = []
    asked = {**query, "limit": str(CHUNK)}
    while True:
        page = await context.server.get(resource.path(namespace), asked)
        found += page.get("items") or []
        more = (page.get("metadata") or {}).get("continue")
        if not more:
            break
        asked["continue"] = more
    return [{"apiVersion": resource.api_version, "kind": resource.kind, **obj} for obj in found]


async def of_files(call: Call) -> list[Target]:
    """The objects of `-f` as they are written there, each with its namespace; raises CommandError."""
    found = [await target_of(call, manifest) for manifest in manifests.read(call)]
    if not found:
        raise CommandError("no objects passed to " + call.path.split()[0])
    return found


async def target_of(call: Call, manifest: manifests.Manifest) -> Target:
    """What a manifest is about; raises CommandError for an unknown kind or a namespace that is not the one given."""
    context, obj = call.context, manifest.object
    metadata = obj.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    resource = (await context.discovery()).of_object(str(obj["apiVersion"]), str(obj["kind"]))
    if resource is None:
        raise CommandError(unknown_kind(manifest))
    namespace = str(metadata.get("namespace") or "") if resource.namespaced else ""
    if resource.namespaced and namespace and context.namespace_given and namespace != context.namespace:
        raise CommandError(
            f'the namespace from the provided object "{namespace}" does not match the namespace "{context.namespace}". '
            f"You must pass '--namespace={namespace}' to perform this operation."
        )
    if resource.namespaced and not namespace:
        namespace = context.namespace
        obj = {**obj, "metadata": {**metadata, "namespace": namespace}}
    return Target(resource, namespace, str(metadata.get("name") or ""), obj, manifest.source)


def unknown_kind(manifest: manifests.Manifest) -> str:
    """The complaint about a kind that the server does not have."""
    obj = manifest.object
    metadata = obj.get("metadata") or {}
    return (
        f'resource mapping not found for name: "{metadata.get("name", "")}" namespace: '
        f'"{metadata.get("namespace", "")}" from "{manifest.source}": '
        f'no matches for kind "{obj["kind"]}" in version "{obj["apiVersion"]}"\nensure CRDs are installed first'
    )


async def existing(context: Context, target: Target) -> JSON | None:
    """The object as it is on the server, or None."""
    try:
        return await context.server.get(target.path)
    except ApiError as error:
        if error.not_found:
            return None
        raise
