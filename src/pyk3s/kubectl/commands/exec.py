"""`kubectl exec`: runs a command in a container, with this terminal as its own if wanted."""

from pyk3s.host import terminal
from pyk3s.kubectl import pods, remote_command
from pyk3s.kubectl.arguments import SWITCH, Flag
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.errors import CommandError, usage

FLAGS = (
    Flag("container", "c", text="Which container"),
    Flag("stdin", "i", SWITCH, text="Pass standard input to the command"),
    Flag("tty", "t", SWITCH, text="Give the command a terminal"),
    Flag("quiet", "q", SWITCH, text="Only what the command writes"),
    Flag("pod-running-timeout", default="1m0s", text="Accepted: pods are not waited for"),
)
NO_TERMINAL = "Unable to use a TTY - input is not a terminal or the right kind of file"


async def run(call: Call) -> int:
    pod_words = call.words if call.before_dash is None else call.words[: call.before_dash]
    command = [] if call.before_dash is None else call.words[call.before_dash :]
    if not pod_words:
        raise CommandError("pod, type/name or --filename must be specified")
    if len(pod_words) > 1:
        raise usage("exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead", "exec")
    if not command:
        raise CommandError("you must specify at least one command for the container")
    pod = await pods.find(call, pod_words[0])
    check_running(pod)
    container = pods.container(call, pod, call.flags.text("container"), quiet=call.flags.on("quiet"))
    stdin, tty = call.flags.on("stdin"), wants_terminal(call)
    query = [("command", each) for each in command] + streams(container, stdin=stdin, tty=tty)
    session = await remote_command.open_socket(call.context, pods.path(pod, "exec"), query)
    await session.run(call.context.stdin if stdin else None, tty=tty)
    return 0


def check_running(pod: dict[str, dict[str, object]]) -> None:
    """Raise CommandError for a pod that has ended."""
    phase = (pod.get("status") or {}).get("phase")
    if phase in ("Succeeded", "Failed"):
        raise CommandError(f"cannot exec into a container in a completed pod; current phase is {phase}")


def wants_terminal(call: Call) -> bool:
    """Whether to have a terminal; one without a terminal here is warned of, and not had."""
    if not call.flags.on("tty"):
        return False
    if call.flags.on("stdin") and terminal.descriptor(call.context.stdin) is None:
        call.context.complain(NO_TERMINAL)
        return False
    return True


def streams(container: str, *, stdin: bool, tty: bool) -> list[tuple[str, str]]:
    """The parameters that ask for a container's streams; a terminal has no stream of errors."""
    found = [("container", container), ("stdout", "true")]
    found += [("stdin", "true")] if stdin else []
    return [*found, ("tty", "true")] if tty else [*found, ("stderr", "true")]


COMMAND = Command(
    "(POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]", "Execute a command in a container", FLAGS, run
)
