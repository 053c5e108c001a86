"""`kubectl apply`: brings objects to what files say, merging here or (--server-side) on the server."""

from typing import Any

from pyk3s.client.errors import ApiError
from pyk3s.kubectl import manifests, results, targets
from pyk3s.kubectl.arguments import SWITCH, Flag
from pyk3s.kubectl.command import Call, Command, Group
from pyk3s.kubectl.commands.create import beside
from pyk3s.kubectl.errors import CommandError, no_more_words, told
from pyk3s.kubectl.merging import known_types, last_applied, migration, three_way
from pyk3s.kubectl.printing import json_text, yaml_text
from pyk3s.kubectl.server import APPLY, JSON_PATCH, MERGE, STRATEGIC

JSON = dict[str, Any]
CLIENT_MANAGER, SERVER_MANAGER = "kubectl-client-side-apply", "kubectl"
ANNOTATION_MANAGER = "kubectl-last-applied"
MOST_TRIES = 5  # when others change the object between our reading and our patching it
REFUSED = {
    "prune": "delete what is not wanted any more by name or by label",
    "force": "delete the object and create it anew with `kubectl replace --force`",
}
FLAGS = (
    *manifests.FLAGS,
    *results.FLAGS,
    results.VALIDATE,
    targets.SELECTOR,
    Flag("server-side", "", SWITCH, text="Let the server merge"),
    Flag("force-conflicts", "", SWITCH, text="With --server-side, take fields over from other managers"),
    Flag("field-manager", text="Name under which fields are owned"),
    Flag("overwrite", "", SWITCH, "true", text="Accepted: values of the files always win"),
    Flag("prune", "", SWITCH, text="Refused"),
    Flag("force", "", SWITCH, text="Refused"),
)
CONFLICT_HELP = """Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the `--force-conflicts` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts"""


async def run(call: Call) -> int:
    """Apply each object; those that fail do not keep the others from being applied."""
    no_more_words(call.words, call.path)
    for name, instead in REFUSED.items():
        if call.flags.on(name):
            raise CommandError(f"--{name} is refused by the built-in kubectl: {instead}")
    if not call.flags.on("overwrite"):
        raise CommandError("--overwrite=false is refused by the built-in kubectl: values of the files always win")
    if not manifests.wanted(call):
        raise CommandError("must specify one of -f and -k")
    run_dry = results.dry_run(call)
    on_server = call.flags.on("server-side")
    if call.flags.on("force-conflicts") and not on_server:
        raise CommandError("--force-conflicts only works with --server-side")
    if on_server and run_dry == results.CLIENT:
        raise CommandError("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)")
    apply = _Apply(call, run_dry)
    read = manifests.read(call)
    if not read:
        raise CommandError("no objects passed to apply")
    for manifest in read:
        await apply.one(manifest)
    return apply.finish()


class _Apply:
    """One run over all objects."""

    def __init__(self, call: Call, run_dry: str):
        self._call, self._run_dry = call, run_dry
        self._results = results.Results(call)
        self._failed = False
        self._shown: list[tuple[targets.Target, JSON]] = []

    async def one(self, manifest: manifests.Manifest) -> None:
        try:
            target = await targets.target_of(self._call, manifest)
            if not target.name:
                raise CommandError(_unread(target, "resource name may not be empty"))
            done = await (self._on_server(target) if self._call.flags.on("server-side") else self._here(target))
        except ApiError as error:
            self._failed = True
            self._call.context.complain(told(error))
        except CommandError as error:
            self._failed = True
            self._call.context.complain(told(error))
        else:
            obj, operation = done
            if self._results.human:
                self._results.done(target.resource, obj, operation)
            self._shown.append((target, obj))
            if manifest.object["kind"] == "CustomResourceDefinition":
                self._call.context.forget_discovery()

    def finish(self) -> int:
        """Show the objects, where they were asked for; several of them as one list."""
        if not self._results.human and len(self._shown) == 1:
            target, obj = self._shown[0]
            self._results.done(target.resource, obj, "")
        elif not self._results.human and self._shown:
            items = [obj for _, obj in self._shown]
            whole = {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {}}
            self._results.done(self._shown[0][0].resource, whole, "")
        return 1 if self._failed else 0

    async def _on_server(self, target: targets.Target) -> tuple[JSON, str]:
        query = results.query(self._call, SERVER_MANAGER, validated=True)
        if self._call.flags.on("force-conflicts"):
            query["force"] = "true"
        obj = await self._applied(target, query)
        manager = query["fieldManager"]
        moved = migration.migrated(obj["metadata"].get("managedFields") or (), manager)
        if moved is not None and self._run_dry == results.NONE:
            await self._move(target, obj, moved, manager)
            obj = await self._applied(target, query)
        return obj, "serverside-applied"

    async def _applied(self, target: targets.Target, query: dict[str, str]) -> JSON:
        try:
            return await self._call.context.server.json("PATCH", target.path, target.object, query, content_type=APPLY)
        except ApiError as error:
            if error.conflict:
                raise CommandError(f"{error.message}\n{CONFLICT_HELP}") from error
            raise

    async def _move(self, target: targets.Target, obj: JSON, moved: list[JSON], manager: str) -> None:
        """Give what client-side apply owned to the server-side manager; its annotation is kept by a manager apart."""
        server = self._call.context.server
        annotation = (obj["metadata"].get("annotations") or {}).get(last_applied.ANNOTATION)
        if annotation is not None and manager == SERVER_MANAGER:
            body = last_applied.alone(target.object, annotation)
            query = {"fieldManager": ANNOTATION_MANAGER}
            obj = await server.json("PATCH", target.path, body, query, content_type=APPLY)
            moved = migration.migrated(obj["metadata"].get("managedFields") or (), manager) or moved
        patch = [
            {"op": "replace", "path": "/metadata/managedFields", "value": moved},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": obj["metadata"]["resourceVersion"]},
        ]
        await server.json("PATCH", target.path, patch, {"fieldManager": manager}, content_type=JSON_PATCH)

    async def _here(self, target: targets.Target) -> tuple[JSON, str]:
        wanted = last_applied.annotated(target.object)
        try:
            live = await targets.existing(self._call.context, target)
        except ApiError as error:
            raise ApiError(error.code, error.reason, _unread(target, error.message), error.details) from error
        if live is None:
            return await self._created(target, wanted), "created"
        self._warn(target, live)
        if self._run_dry == results.CLIENT:
            return _overlaid(target, wanted, live), "configured"
        return await self._patched(target, wanted, live)

    async def _created(self, target: targets.Target, wanted: JSON) -> JSON:
        if self._run_dry == results.CLIENT:
            return wanted
        query = results.query(self._call, CLIENT_MANAGER, validated=True)
        try:
            path = target.resource.path(target.namespace)
            return await self._call.context.server.json("POST", path, wanted, query)
        except ApiError as error:
            raise beside(error, "creating", target.source) from error

    def _warn(self, target: targets.Target, live: JSON) -> None:
        complain, shown = self._call.context.complain, f"{target.resource.plural}/{target.name}"
        if last_applied.of(live) is None:
            complain(
                f"Warning: resource {shown} is missing the {last_applied.ANNOTATION} annotation which is required by "
                "kubectl apply. kubectl apply should only be used on resources created declaratively by either "
                "kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically."
            )
        if live["metadata"].get("deletionTimestamp"):
            complain(f"Warning: Detected changes to resource {target.name} which is currently being deleted.")

    async def _patched(self, target: targets.Target, wanted: JSON, live: JSON) -> tuple[JSON, str]:
        query = results.query(self._call, CLIENT_MANAGER, validated=True)
        for tries_left in reversed(range(MOST_TRIES)):
            patch, content_type = patch_of(target, wanted, live)
            if not patch:
                return live, "unchanged"
            try:
                server = self._call.context.server
                return await server.json("PATCH", target.path, patch, query, content_type=content_type), "configured"
            except ApiError as error:
                if not error.conflict or not tries_left:
                    raise _beside_patch(error, target, patch) from error
                live = await self._call.context.server.get(target.path)
        raise AssertionError("the last try either ends or raises")


def patch_of(target: targets.Target, wanted: JSON, live: JSON) -> tuple[JSON, str]:
    """The patch that applies an object to what is there, and its content type."""
    resource = target.resource
    type_ = known_types.find(resource.group, resource.version, resource.kind)
    original = last_applied.of(live) or {}
    patch = three_way.patch(type_, _without_identity(original), wanted, live)
    return patch, STRATEGIC if type_ is not None else MERGE


def _without_identity(original: JSON) -> JSON:
    """What was applied last, without what tells which object it is: that is never taken away."""
    kept = {key: value for key, value in original.items() if key not in ("apiVersion", "kind")}
    metadata = {key: value for key, value in (kept.get("metadata") or {}).items() if key not in ("name", "namespace")}
    return kept | ({"metadata": metadata} if "metadata" in kept else {})


def _overlaid(target: targets.Target, wanted: JSON, live: JSON) -> JSON:
    """What applying would make of an object, worked out here."""
    from pyk3s.api.patching import merge_patch, strategic

    patch, content_type = patch_of(target, wanted, live)
    if content_type == MERGE:
        return merge_patch.apply(live, patch)
    resource = target.resource
    type_ = known_types.find(resource.group, resource.version, resource.kind)
    assert type_ is not None
    return strategic.apply(type_, live, patch)


def _beside_patch(error: ApiError, target: targets.Target, patch: JSON) -> ApiError:
    if error.reason == "Invalid":
        return error
    where = f'{json_text.compact(patch)}\nto:\n{_described(target)}\nfor: "{target.source}"'
    return ApiError(error.code, error.reason, f"error when applying patch:\n{where}: {error.message}", error.details)


def _unread(target: targets.Target, why: str) -> str:
    what = f'{_described(target)}\nfrom server for: "{target.source}"'
    return f"error when retrieving current configuration of:\n{what}: {why}"


def _described(target: targets.Target) -> str:
    resource = target.resource
    what = f"{resource.group}/{resource.version}, Resource={resource.plural}"
    kind = f"{resource.group}/{resource.version}, Kind={resource.kind}"
    return f'Resource: "{what}", GroupVersionKind: "{kind}"\nName: "{target.name}", Namespace: "{target.namespace}"'


async def view(call: Call) -> int:
    """Show what was applied last to objects."""
    for target in await targets.named(call, call.words):
        found = last_applied.of(target.object)
        if found is None:
            raise CommandError(f"no last-applied-configuration annotation found on resource: {target.name}")
        form = call.flags.text("output") or "yaml"
        if form not in ("yaml", "json"):
            raise CommandError(f"Unexpected -o output mode: {form}, the flag 'output' must be one of yaml|json")
        call.context.out.write(yaml_text.dump(found) if form == "yaml" else json_text.dump(found))
    return 0


OWN = Command("-f FILENAME", "Apply a configuration to a resource by file name or stdin", FLAGS, run)
COMMAND = Group(
    OWN.summary,
    {
        "view-last-applied": Command(
            "(TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)",
            "View the latest last-applied-configuration annotations of a resource/object",
            (*manifests.FLAGS, targets.SELECTOR, targets.ALL, Flag("output", "o", text="yaml or json")),
            view,
        )
    },
    own=OWN,
)
