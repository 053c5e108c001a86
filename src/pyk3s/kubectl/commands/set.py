"""`kubectl set image`: new images for the containers of workloads and pods."""

from typing import Any

from pyk3s.kubectl import manifests, results, targets
from pyk3s.kubectl.arguments import Flag
from pyk3s.kubectl.command import Call, Command, Group
from pyk3s.kubectl.errors import CommandError
from pyk3s.kubectl.server import STRATEGIC

JSON = dict[str, Any]
FLAGS = (
    *manifests.FLAGS,
    *results.FLAGS,
    targets.SELECTOR,
    targets.ALL,
    Flag("field-manager", default="kubectl-set", text="Name under which fields are owned"),
)


async def image(call: Call) -> int:
    named = [word for word in call.words if "=" not in word]
    pairs = [word.partition("=") for word in call.words if "=" in word]
    images = {name: value for name, _, value in pairs}
    if not images:
        raise CommandError("at least one image update is required")
    found = results.Results(call)
    for target in await targets.named(
        call, named, nothing="one or more resources must be specified as <resource> <name> or <resource>/<name>"
    ):
        patch = patched(target, images)
        if not patch:
            continue
        obj = target.object
        if results.dry_run(call) != results.CLIENT:
            query = results.query(call, "kubectl-set")
            obj = await call.context.server.json("PATCH", target.path, patch, query, content_type=STRATEGIC)
        found.done(target.resource, obj, "image updated")
    return 0


def patched(target: targets.Target, images: dict[str, str]) -> JSON:
    """The patch that sets images by container, `*` for all; nothing where they are set. Raises CommandError."""
    above = {"Pod": (), "CronJob": ("spec", "jobTemplate", "spec", "template")}.get(
        target.resource.kind, ("spec", "template")
    )
    pod: Any = target.object
    for part in above:
        pod = (pod or {}).get(part)
    spec = (pod or {}).get("spec")
    if not isinstance(spec, dict) or "containers" not in spec:
        what, kind = f"{target.resource.plural}/{target.name}", f"*{target.resource.version}.{target.resource.kind}"
        raise CommandError(f"{what} the object is not a pod or does not have a pod template: {kind}")
    names = {each["name"] for field in ("containers", "initContainers") for each in spec.get(field) or ()}
    for name in images:
        if name != "*" and name not in names:
            raise CommandError(f'unable to find container named "{name}"')
    change: JSON = {}
    for field in ("containers", "initContainers"):
        wanted = [(each, images.get(each["name"], images.get("*"))) for each in spec.get(field) or ()]
        listed = [{"name": each["name"], "image": new} for each, new in wanted if new and new != each.get("image")]
        if listed:
            change[field] = listed
    patch: JSON = {"spec": change} if change else {}
    for part in reversed(above if change else ()):
        patch = {part: patch}
    return patch


COMMAND = Group(
    "Set specific features on objects",
    {
        "image": Command(
            "(-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N",
            "Update the image of a pod template",
            FLAGS,
            image,
        )
    },
)
