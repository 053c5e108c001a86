"""`kubectl patch`: a patch of any of the three types, sent to the server as it is."""

from typing import Any

from pyk3s.api import yaml_body
from pyk3s.client.errors import ApiError
from pyk3s.kubectl import manifests, results, targets
from pyk3s.kubectl.arguments import SWITCH, Flag
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.errors import CommandError, told
from pyk3s.kubectl.server import JSON_PATCH, MERGE, STRATEGIC

JSON = dict[str, Any]
TYPES = {"json": JSON_PATCH, "merge": MERGE, "strategic": STRATEGIC}
FLAGS = (
    *manifests.FLAGS,
    *results.FLAGS,
    Flag("patch", "p", text="The patch, JSON or YAML"),
    Flag("patch-file", text="File with the patch"),
    Flag("type", default="strategic", text="json, merge or strategic"),
    Flag("subresource", text="Patch this part: status, scale"),
    Flag("local", "", SWITCH, text="Refused: patches are made by the server"),
    Flag("field-manager", default="kubectl-patch", text="Name under which fields are owned"),
)


async def run(call: Call) -> int:
    flags = call.flags
    content_type = TYPES.get(flags.text("type").lower())
    if content_type is None:
        raise CommandError(f'--type must be one of [json merge strategic], not "{flags.text("type")}"')
    if flags.on("local"):
        raise CommandError("--local is refused by the built-in kubectl: use --dry-run=server")
    patch = _patch(call)
    found, status = results.Results(call), 0
    for target in await targets.named(call, call.words):
        try:
            await _send(call, target, patch, content_type, found)
        except ApiError as error:
            call.context.complain(told(error))
            status = 1
    return status


def _patch(call: Call) -> Any:
    text, file = call.flags.text("patch"), call.flags.text("patch-file")
    if bool(text) == bool(file):
        raise CommandError(
            "cannot specify --patch and --patch-file together"
            if text
            else "must specify --patch or --patch-file containing the contents of the patch"
        )
    data = manifests.bytes_of(file) if file else text.encode()
    if data.lstrip().startswith((b"{", b"[")):
        return data  # for the server to read, and to complain about
    try:
        return yaml_body.parse(data)[0]
    except yaml_body.YamlError as error:
        raise CommandError(f'unable to parse "{data.decode("utf-8", "replace")}": {error}') from error


async def _send(call: Call, target: targets.Target, patch: Any, content_type: str, found: results.Results) -> None:
    subresource = call.flags.text("subresource")
    if results.dry_run(call) == results.CLIENT:
        found.done(target.resource, target.object, "patched")
        return
    query = results.query(call, "kubectl-patch")
    path = target.resource.path(target.namespace, target.name, subresource)
    obj = await call.context.server.json("PATCH", path, patch, query, content_type=content_type)
    changed = obj.get("metadata", {}).get("resourceVersion") != target.object["metadata"].get("resourceVersion")
    found.done(target.resource, obj, "patched" if changed else "patched (no change)")


COMMAND = Command("(-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]", "Update fields of a resource", FLAGS, run)
