"""Help: what there is, and what one command takes. Pure."""

from collections.abc import Sequence

from pyk3s.kubectl import catalogue, tabwriter
from pyk3s.kubectl.arguments import SWITCH, Flag
from pyk3s.kubectl.command import Command, Group


def overview() -> str:
    """All commands."""
    listed = [f"  {name:14} {text}" for name, text in catalogue.SUMMARIES.items()]
    return "\n".join(
        [
            "The kubectl that is built into k3s: kubectl's commands, flags and output.",
            "",
            "Available Commands:",
            *listed,
            "",
            "Usage:",
            "  kubectl [flags] [options]",
            "",
            'Use "kubectl <command> --help" for more information about a given command.',
        ]
    )


def group(path: str, found: Group) -> str:
    """The commands below a word."""
    listed = [f"  {name:20} {each.summary}" for name, each in sorted(found.commands.items())]
    return "\n".join(
        [
            found.summary,
            "",
            "Available Commands:",
            *listed,
            "",
            "Usage:",
            f"  kubectl {path} SUBCOMMAND [options]",
            "",
            f'Use "kubectl {path} <command> --help" for more information about a given command.',
        ]
    )


def command(path: str, found: Command) -> str:
    """The flags of one command."""
    options = ["", "Options:", *_options(found.flags)] if found.flags else []
    return "\n".join([found.summary, *options, "", "Usage:", f"  kubectl {path} {found.usage} [options]".rstrip()])


def _options(flags: Sequence[Flag]) -> list[str]:
    rows = []
    for flag in sorted(flags, key=lambda each: each.name):
        short = f"-{flag.short}, " if flag.short else "    "
        default = flag.default or ("false" if flag.kind == SWITCH else "")
        rows.append(f"    {short}--{flag.name}={default or chr(39) * 2}:\t{flag.text}")
    return tabwriter.align("\n".join(rows)).split("\n")
