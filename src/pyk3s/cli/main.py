"""The entry point: picks the sub-command by the first argument, or by the name it was called under (kubectl, ctr).

Only the module of the command that runs is imported. A Failure becomes one line on standard error and its exit status.
"""

import importlib
import pathlib
import sys
from collections.abc import Sequence

from pyk3s.cli import terminal
from pyk3s.lib.failure import Failure

COMMANDS = {
    "server": "Run the management server, and an agent beside it",
    "agent": "Run a node that joins a server",
    "ready": "Wait until the node of this host is Ready",
    "token": "Manage the tokens that nodes join with",
    "snapshot": "Save and restore snapshots of the datastore",
    "certificate": "Show and replace certificates",
    "secrets-encrypt": "Show and change how Secrets are encrypted on the disk",
    "check-config": "Check whether this host can run a node",
    "completion": "Print a completion script for bash or zsh",
    "kubectl": "Run kubectl against this cluster: the one of this machine, or the built-in one",
    "crictl": "Look at the pods, containers and images of this node's runtime",
    "ctr": "Run containerd's client in the namespace of the kubelet",
    "help": "Show this list",
}
INSTEAD = {"etcd-snapshot": "the datastore is SQLite, `k3s snapshot` takes its snapshots"}
CALLED_AS = ("kubectl", "crictl", "ctr")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    called, *words = sys.argv if argv is None else argv
    name = pathlib.Path(called).name
    command, *arguments = [name, *words] if name in CALLED_AS else words or ["help"]
    try:
        return _run(command, arguments)
    except Failure as failure:
        terminal.complain(str(failure))
        return failure.status
    except KeyboardInterrupt:
        return 130


def _run(command: str, arguments: Sequence[str]) -> int:
    if command in ("help", "--help", "-h"):
        if arguments and arguments[0] in COMMANDS and arguments[0] != "help":
            return _run(arguments[0], ["--help"])
        terminal.say(_overview())
        return 0
    if command in ("--version", "-v"):
        return int(importlib.import_module("pyk3s.cli.version").run(arguments))
    if command in INSTEAD:
        raise Failure(f"k3s {command} is refused", remedy=INSTEAD[command], status=2)
    if command not in COMMANDS:
        raise Failure(f"unknown command {command!r}", remedy="`k3s help` lists the commands", status=2)
    return int(importlib.import_module(f"pyk3s.cli.{command.replace('-', '_')}").run(arguments))


def _overview() -> str:
    lines = [f"   {name:16} {text}" for name, text in COMMANDS.items()]
    title, hint = (
        "k3s: Kubernetes, small and simple",
        "`k3s COMMAND --help` says more about one; `k3s --version` names the version.",
    )
    return "\n".join([title, "", "Commands:", *lines, "", hint])
