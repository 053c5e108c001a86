"""`kubectl edit`: the user's editor over the objects' YAML; what changed is sent as a patch."""

import os
import pathlib
import shlex
import tempfile
from typing import Any

from pyk3s.api import yaml_body
from pyk3s.client.errors import ApiError
from pyk3s.host import processes
from pyk3s.kubectl import manifests, results, targets
from pyk3s.kubectl.arguments import SWITCH, Flag
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.errors import CommandError, told
from pyk3s.kubectl.merging import known_types, three_way
from pyk3s.kubectl.printing import choosing, json_text, yaml_text
from pyk3s.kubectl.server import MERGE, STRATEGIC

JSON = dict[str, Any]
HEADER = """# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
"""
FLAGS = (
    *manifests.FLAGS,
    Flag("output", "o", default="yaml", text="yaml or json: how to show the object in the editor"),
    Flag("show-managed-fields", "", SWITCH, text="Show managedFields in the editor"),
    Flag("subresource", text="Edit this part: status, scale"),
    results.VALIDATE,
    Flag("field-manager", default="kubectl-edit", text="Name under which fields are owned"),
)


async def run(call: Call) -> int:
    choosing.parse(call.flags.text("output"), allowed=("json", "yaml"))
    found = await targets.named(call, call.words)
    failed = False
    for target in found:
        failed = not await _edit(call, target) or failed
    return 1 if failed else 0


async def _edit(call: Call, target: targets.Target) -> bool:
    """Edit one object until it is accepted or left as it was; whether that went well."""
    shown = target.object if call.flags.on("show-managed-fields") else choosing.without_managers(target.object)
    text = original = _text(call, shown)
    complaint = ""
    while True:
        edited = _meat(await _edited(call, HEADER + complaint + text))
        if not edited.strip():
            call.context.complain("Edit cancelled, saved file was empty.")
            return True
        if edited == _meat(original):
            call.context.complain("Edit cancelled, no changes made.")
            return True
        if complaint and edited == _meat(text):
            kept = _keep(call, edited)
            raise CommandError(f"Edit cancelled, no valid changes were saved; the text is kept in {kept}")
        try:
            await _send(call, target, shown, _parsed(edited))
            return True
        except (ApiError, CommandError) as error:
            why = told(error)
        call.context.complain(why)
        complaint, text = "".join(f"# {line}\n" for line in why.splitlines()) + "#\n", edited


def _text(call: Call, obj: JSON) -> str:
    return yaml_text.dump(obj) if call.flags.text("output") == "yaml" else json_text.dump(obj)


def _meat(text: str) -> str:
    """A text without its comments."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))


def _parsed(text: str) -> JSON:
    try:
        obj, repeated = yaml_body.parse(text.encode())
    except yaml_body.YamlError as error:
        raise CommandError(f"The edited file had a syntax error: {error}") from error
    if not isinstance(obj, dict) or repeated:
        raise CommandError(f"The edited file had a syntax error: {repeated[0] if repeated else 'it is no object'}")
    return obj


async def _send(call: Call, target: targets.Target, before: JSON, after: JSON) -> None:
    """Send what was changed; raises ApiError, CommandError."""
    resource = target.resource
    for field in ("apiVersion", "kind"):
        if after.get(field) != before.get(field):
            raise CommandError(f"{field} must not be changed")
    if (after.get("metadata") or {}).get("name") != target.name:
        raise CommandError("At least one of apiVersion, kind and name was changed")
    type_ = known_types.find(resource.group, resource.version, resource.kind)
    patch = three_way.patch(type_, before, after, before)
    if not patch:
        call.context.complain("Edit cancelled, no changes made.")
        return
    query = results.query(call, "kubectl-edit", validated=True)
    path = resource.path(target.namespace, target.name, call.flags.text("subresource"))
    content_type = STRATEGIC if type_ is not None else MERGE
    await call.context.server.json("PATCH", path, patch, query, content_type=content_type)
    call.context.say(f"{target.shown} edited")


async def _edited(call: Call, text: str) -> str:
    """The text after the editor has had it; raises CommandError where the editor fails."""
    path = _keep(call, text)
    editor = call.context.environment.get("KUBE_EDITOR") or call.context.environment.get("EDITOR") or "vi"
    try:
        if await processes.attended([*shlex.split(editor), str(path)]):
            raise CommandError(f'there was a problem with the editor "{editor}"')
        return path.read_text()
    except processes.CommandFailed as error:
        raise CommandError(f'unable to launch the editor "{editor}"') from error
    finally:
        path.unlink(missing_ok=True)


def _keep(call: Call, text: str) -> pathlib.Path:
    number, name = tempfile.mkstemp(prefix="kubectl-edit-", suffix=f".{call.flags.text('output')}")
    with os.fdopen(number, "w") as file:
        file.write(text)
    return pathlib.Path(name)


COMMAND = Command("(RESOURCE/NAME | -f FILENAME)", "Edit a resource on the server", FLAGS, run)
