"""`kubectl attach`: the streams of a container's own process."""

from typing import Any

from pyk3s.kubectl import pods, remote_command
from pyk3s.kubectl.arguments import SWITCH, Flag
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.commands.exec import streams, wants_terminal
from pyk3s.kubectl.errors import CommandError

JSON = dict[str, Any]
FLAGS = (
    Flag("container", "c", text="Which container"),
    Flag("stdin", "i", SWITCH, text="Pass standard input to the container"),
    Flag("tty", "t", SWITCH, text="Standard input is a terminal"),
    Flag("quiet", "q", SWITCH, text="Only what the container writes"),
    Flag("pod-running-timeout", default="1m0s", text="Accepted: pods are not waited for"),
)


async def run(call: Call) -> int:
    if not call.words:
        raise CommandError("at least 1 argument is required for attach")
    if len(call.words) > 1:
        listed = f"saw {len(call.words)}: [{' '.join(call.words)}]"
        raise CommandError(f"expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) {listed}")
    pod = await pods.find(call, call.words[0])
    phase = (pod.get("status") or {}).get("phase")
    if phase in ("Succeeded", "Failed"):
        raise CommandError(f"cannot attach a container in a completed pod; current phase is {phase}")
    name = pods.container(call, pod, call.flags.text("container"), quiet=call.flags.on("quiet"))
    stdin, tty = call.flags.on("stdin"), wants_terminal(call)
    if tty and not _has_terminal(pod, name):
        tty = False
        call.context.complain(f"error: Unable to use a TTY - container {name} did not allocate one")
    if stdin and not call.flags.on("quiet"):
        call.context.complain("If you don't see a command prompt, try pressing enter.")
    query = streams(name, stdin=stdin, tty=tty or _has_terminal(pod, name))
    session = await remote_command.open_socket(call.context, pods.path(pod, "attach"), query)
    await session.run(call.context.stdin if stdin else None, tty=tty)
    return 0


def _has_terminal(pod: JSON, name: str) -> bool:
    listed = pod["spec"].get("containers") or ()
    return any(each.get("tty") for each in listed if each["name"] == name)


COMMAND = Command("(POD | TYPE/NAME) -c CONTAINER", "Attach to a running container", FLAGS, run)
