"""`crictl inspect`, `inspectp`, `inspecti`, `info` and `version`: everything about one thing."""

from typing import Any

from pyk3s.cri.runtime import CriError
from pyk3s.crictl import command, showing
from pyk3s.crictl.arguments import Flag
from pyk3s.crictl.command import Call

JSON = dict[str, Any]
OUTPUT = command.OUTPUT._replace(help="json or yaml", default="json")
QUIET = Flag("quiet", "Only the status", "q")


async def container(call: Call) -> int:
    return await _each(call, "ContainerStatus", "container_id", "ContainerStatus")


async def pod(call: Call) -> int:
    return await _each(call, "PodSandboxStatus", "pod_sandbox_id", "PodSandboxStatus")


async def image(call: Call) -> int:
    for name in call.given.operands:
        answer = await call.cri.detailed("ImageStatus", {"image": {"image": name}})
        if not answer.get("image"):
            raise CriError(5, f"no such image {name!r} present")
        _tell(call, showing.detailed("Image", answer["image"], answer.get("info") or {}))
    return 0


async def info(call: Call) -> int:
    """The runtime's conditions and configuration."""
    answer = await call.cri.detailed("Status", {})
    _tell(call, showing.detailed("RuntimeStatus", answer.get("status") or {}, answer.get("info") or {}))
    return 0


async def version(call: Call) -> int:
    answer = await call.cri.version()
    for title, name in (
        ("Version", "version"),
        ("RuntimeName", "runtime_name"),
        ("RuntimeVersion", "runtime_version"),
        ("RuntimeApiVersion", "runtime_api_version"),
    ):
        call.say(f"{title}:  {answer.get(name, '')}")
    return 0


async def _each(call: Call, method: str, key: str, message: str) -> int:
    for identity in call.given.operands:
        answer = await call.cri.detailed(method, {key: identity})
        _tell(call, showing.detailed(message, answer.get("status") or {}, answer.get("info") or {}))
    return 0


def _tell(call: Call, told: JSON) -> None:
    shown = {"status": told["status"]} if call.given.on("quiet") else told
    call.say(showing.document(shown, call.form("json")))


SHAPE = (OUTPUT, QUIET)
COMMANDS = {
    "inspect": command.Command("Show containers in full", container, SHAPE, "CONTAINER...", 1),
    "inspectp": command.Command("Show pods in full", pod, SHAPE, "POD...", 1),
    "inspecti": command.Command("Show images in full", image, SHAPE, "IMAGE...", 1),
    "info": command.Command("Show the runtime's state and configuration", info, SHAPE),
    "version": command.Command("Show the runtime's version", version),
}
