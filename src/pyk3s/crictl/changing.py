"""`crictl pull`, `rmi`, `stop`, `stopp`, `rm`, `rmp`: change what the runtime has. The kubelet may change it back."""

import base64
import binascii
from typing import Any

from pyk3s.cri.runtime import CriError
from pyk3s.crictl import command
from pyk3s.crictl.arguments import Flag
from pyk3s.crictl.command import Call
from pyk3s.lib.failure import Failure

JSON = dict[str, Any]
RUNNING, READY = 1, 0
FORCE = Flag("force", "Stop it first", "f")
EVERY = Flag("all", "Everything there is", "a")


async def pull(call: Call) -> int:
    for name in call.given.operands:
        reference = await call.cri.pull(name, _auth(call), {})
        call.say(f"Image is up to date for {reference}")
    return 0


async def remove_images(call: Call) -> int:
    """By name or id; with --all every one, with --prune those that no container uses."""
    images = call.given.operands
    if call.given.on("all") or call.given.on("prune"):
        used = await _used(call) if call.given.on("prune") else set()
        images = [each["id"] for each in await call.cri.images() if each["id"] not in used and not each.get("pinned")]
    _require(call, images)
    for name in images:
        found = await call.cri.image(name)
        if found is None:
            raise CriError(5, f"no such image {name}")
        await call.cri.remove_image(name)
        for told in found.get("repo_tags") or [found["id"]]:
            call.say(f"Deleted: {told}")
    return 0


async def stop_containers(call: Call) -> int:
    for identity in call.given.operands:
        await call.cri.stop_container(identity, call.given.number("timeout"))
        call.say(identity)
    return 0


async def stop_pods(call: Call) -> int:
    for identity in call.given.operands:
        await call.cri.stop_sandbox(identity)
        call.say(f"Stopped sandbox {identity}")
    return 0


async def remove_containers(call: Call) -> int:
    every = [each["id"] for each in await call.cri.containers()] if call.given.on("all") else call.given.operands
    _require(call, every)
    for identity in every:
        state = (await call.cri.container_status(identity)).get("state", 0)
        if state == RUNNING and not call.given.on("force"):
            raise Failure(f"container {identity} is running", remedy="stop it first, or use --force")
        if state == RUNNING:
            await call.cri.stop_container(identity, 0)
        await call.cri.remove_container(identity)
        call.say(identity)
    return 0


async def remove_pods(call: Call) -> int:
    every = [each["id"] for each in await call.cri.sandboxes()] if call.given.on("all") else call.given.operands
    _require(call, every)
    for identity in every:
        ready = (await call.cri.sandbox_status(identity)).get("state", READY) == READY
        if ready and not call.given.on("force"):
            raise Failure(f"pod {identity} is running", remedy="stop it first, or use --force")
        if ready:
            await call.cri.stop_sandbox(identity)
        await call.cri.remove_sandbox(identity)
        call.say(f"Removed sandbox {identity}")
    return 0


async def _used(call: Call) -> set[str]:
    named = [(each.get("image") or {}).get("image", "") for each in await call.cri.containers()]
    found = [await call.cri.image(name) for name in set(named) if name]
    return {each["id"] for each in found if each}


def _require(call: Call, identities: list[str]) -> None:
    if not identities and not (call.given.on("all") or call.given.on("prune")):
        raise Failure("nothing is named", remedy="name what to remove, or use --all", status=2)


def _auth(call: Call) -> JSON | None:
    """Of --creds USER:PASSWORD, or of --auth, which is that in base64."""
    creds, encoded = call.given.text("creds"), call.given.text("auth")
    if encoded:
        try:
            creds = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise Failure("invalid value for --auth", remedy="base64 of USER:PASSWORD is wanted", status=2) from None
    user, joined, password = creds.partition(":")
    if creds and not joined:
        raise Failure("invalid value for --creds", remedy="USER:PASSWORD is wanted", status=2)
    return {"username": user, "password": password} if creds else None


GRACE = Flag("timeout", "Seconds it has to end by itself", "t", "number", "0")
CREDENTIALS = (
    Flag("creds", "For the registry", "", "USER:PASSWORD"),
    Flag("auth", "For the registry, in base64", "", "value"),
)
PRUNE = Flag("prune", "Those that no container uses", "q")
COMMANDS = {
    "pull": command.Command("Pull images", pull, CREDENTIALS, "IMAGE...", 1),
    "rmi": command.Command("Remove images", remove_images, (EVERY, PRUNE), "IMAGE..."),
    "stop": command.Command("Stop containers", stop_containers, (GRACE,), "CONTAINER...", 1),
    "stopp": command.Command("Stop pods", stop_pods, (), "POD...", 1),
    "rm": command.Command("Remove containers", remove_containers, (EVERY, FORCE), "CONTAINER..."),
    "rmp": command.Command("Remove pods", remove_pods, (EVERY, FORCE), "POD..."),
}
