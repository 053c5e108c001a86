"""`kubectl explain`: what fields mean, from the server's OpenAPI v3 documents."""

from pyk3s.client.errors import ApiError
from pyk3s.kubectl import schemas
from pyk3s.kubectl.arguments import SWITCH, Flag
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.discovery import Resource
from pyk3s.kubectl.errors import CommandError

FLAGS = (
    Flag("recursive", "", SWITCH, text="Fields of fields too, without what they mean"),
    Flag("api-version", text="Group and version, where there are several"),
    Flag("output", "o", default="plaintext", text="plaintext"),
)
NO_TYPE = (
    'You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of supported '
    "resources."
)


async def run(call: Call) -> int:
    flags = call.flags
    if flags.text("output") != "plaintext":
        raise CommandError(f"-o {flags.text('output')} is refused by the built-in kubectl: it knows plaintext alone")
    if not call.words:
        raise CommandError(NO_TYPE)
    if len(call.words) > 1:
        raise CommandError("We accept only this format: explain RESOURCE")
    resource, path = await _split(call, call.words[0])
    document = schemas.Schemas(await call.context.server.get(await _document(call, resource)))
    root = document.of_kind(resource.group, resource.version, resource.kind)
    if root is None:
        raise CommandError(f'Couldn\'t find resource for "{resource.api_version}, Kind={resource.kind}"')
    if resource.group:
        call.context.say(f"GROUP:      {resource.group}")
    call.context.say(f"KIND:       {resource.kind}\nVERSION:    {resource.version}\n")
    try:
        node = document.follow(root, path)
    except schemas.NoField as error:
        raise CommandError(f'field "{error}" does not exist') from error
    if path:
        call.context.say(f"FIELD: {path[-1]} <{node.shown}>\n\n")
    call.context.say(f"DESCRIPTION:\n{schemas.wrapped(node.description or '<empty>', 4)}\n    ")
    if node.schema.get("properties"):
        call.context.say(f"FIELDS:\n{schemas.listing(document, node, recursive=flags.on('recursive'))}")
    else:
        call.context.say("")
    return 0


async def _split(call: Call, word: str) -> tuple[Resource, list[str]]:
    """The resource at the beginning of a path, and the fields after it; raises CommandError."""
    discovery = await call.context.discovery()
    parts = word.split(".")
    for count in range(len(parts), 0, -1):  # the group is part of a name such as ingresses.networking.k8s.io
        found = discovery.look_up(".".join(parts[:count]))
        if found is not None:
            return _of_version(call, found, discovery.resources), [part for part in parts[count:] if part]
    raise CommandError(f'the server doesn\'t have a resource type "{parts[0]}"', plain=True)


def _of_version(call: Call, found: Resource, everything: tuple[Resource, ...]) -> Resource:
    wanted = call.flags.text("api-version")
    if not wanted:
        return found
    same = (each for each in everything if each.kind == found.kind and each.api_version == wanted)
    exact = next(same, None)
    if exact is None:
        group, _, version = wanted.rpartition("/")
        raise CommandError(f'couldn\'t find resource for "{group}/{version}, Resource={found.plural}"')
    return exact


async def _document(call: Call, resource: Resource) -> str:
    """The path of the OpenAPI document of a group version."""
    name = f"apis/{resource.api_version}" if resource.group else f"api/{resource.version}"
    try:
        index = await call.context.server.get("/openapi/v3")
    except ApiError as error:
        raise CommandError(f"the server has no OpenAPI v3: {error.message}") from error
    found = (index.get("paths") or {}).get(name)
    if found is None:
        raise CommandError(f'couldn\'t find resource for "{resource.api_version}, Kind={resource.kind}"')
    return str(found["serverRelativeURL"])


COMMAND = Command(
    "TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group]", "Get documentation for a resource", FLAGS, run
)
