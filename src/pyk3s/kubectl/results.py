"""How commands that change something say what they did: `deployment.apps/web scaled`, or the object in another form."""

from collections.abc import Sequence
from typing import Any

from pyk3s.kubectl.arguments import SWITCH, Flag
from pyk3s.kubectl.command import Call
from pyk3s.kubectl.discovery import Resource
from pyk3s.kubectl.errors import CommandError
from pyk3s.kubectl.printing import choosing

JSON = dict[str, Any]
NONE, CLIENT, SERVER = "none", "client", "server"
OUTPUT = Flag("output", "o", text="Form of the result: json, yaml, name, jsonpath=...")
DRY_RUN = Flag("dry-run", default=NONE, text="none, client (ask nothing of the server) or server", bare="unchanged")
MANAGERS = Flag("show-managed-fields", "", SWITCH, text="Keep managedFields in JSON and YAML")
MISSING_KEYS = Flag("allow-missing-template-keys", "", SWITCH, "true", text="Missing fields in a template are no error")
FLAGS = (OUTPUT, DRY_RUN, MANAGERS, MISSING_KEYS)
FORMS = tuple(form for form in choosing.FORMS if not form.startswith("custom-columns"))


def dry_run(call: Call) -> str:
    """none, client or server; raises CommandError."""
    value = call.flags.text("dry-run")
    if value == "unchanged":
        call.context.complain("W: --dry-run is deprecated and can be replaced with --dry-run=client.")
        return CLIENT
    if value not in (NONE, CLIENT, SERVER):
        raise CommandError(f'Invalid dry-run value ({value}). Must be "none", "server", or "client".')
    return value


def query(call: Call, manager: str = "", *, validated: bool = False) -> dict[str, str]:
    """The parameters of a request that changes something."""
    found = {}
    if "dry-run" in call.flags.names and call.flags.text("dry-run") == SERVER:
        found["dryRun"] = "All"
    if manager:
        chosen = call.flags.text("field-manager") if "field-manager" in call.flags.names else ""
        found["fieldManager"] = chosen or manager
    if validated:
        found["fieldValidation"] = validation(call)
    return found


VALIDATE = Flag("validate", default="strict", text="strict, warn or ignore unknown fields", bare="strict")
_VALIDATIONS = {"true": "Strict", "strict": "Strict", "warn": "Warn", "false": "Ignore", "ignore": "Ignore"}


def validation(call: Call) -> str:
    value = call.flags.text("validate")
    found = _VALIDATIONS.get(value)
    if found is None:
        raise CommandError(
            f'invalid - validate option "{value}"; must be one of: strict (or true), warn, ignore (or false)'
        )
    return found


class Results:
    """Says what was done to each object."""

    def __init__(self, call: Call, *, forms: Sequence[str] = FORMS):
        self._call = call
        names = call.flags.names
        self._format = (
            choosing.parse(call.flags.text("output"), allowed=forms) if "output" in names else choosing.Format("")
        )
        managers = "show-managed-fields" in names and call.flags.on("show-managed-fields")
        machine = self._format.form not in ("", "name")
        self._printer = choosing.Printer(self._format, managers=managers) if machine else None
        run = call.flags.text("dry-run") if "dry-run" in names else NONE
        self._suffix = {"client": " (dry run)", "unchanged": " (dry run)", "server": " (server dry run)"}.get(run, "")

    @property
    def human(self) -> bool:
        return self._printer is None

    def done(self, resource: Resource, obj: JSON, operation: str) -> None:
        """Say one result."""
        if self._printer is not None:
            self._call.context.out.write(self._printer.text(obj))
            return
        name = f"{_shown(resource, obj)}/{(obj.get('metadata') or {}).get('name', '')}"
        self._call.context.say(name if self._format.form == "name" else f"{name} {operation}{self._suffix}")


def _shown(resource: Resource, obj: JSON) -> str:
    """What the object says it is; a sub-resource such as a Scale is not of the resource's kind."""
    group, _, _ = str(obj.get("apiVersion", "")).rpartition("/")
    kind = str(obj.get("kind") or resource.kind)
    return resource._replace(kind=kind, group=group if obj.get("apiVersion") else resource.group).shown
