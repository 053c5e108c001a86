"""`k3s check-config`: judges this host line by line; the exit status is the number of failures."""

import pathlib
from collections.abc import Sequence

from pyk3s.cli import commands, terminal
from pyk3s.config.flags import BY_NAME
from pyk3s.config.values import Values

MOST_STATUS = 100  # exit statuses above mean something else to shells
FLAGS = (commands.CONFIG, BY_NAME["cluster-cidr"], BY_NAME["service-cidr"])
SUMMARY = "Check whether this host can run a node"


def run(arguments: Sequence[str]) -> int:
    """Returns the number of failures."""
    return commands.run_one("check-config", SUB, arguments)


def _check(values: Values, operands: Sequence[str]) -> int:
    networks = [values.network(name) for name in ("cluster-cidr", "service-cidr")]
    from pyk3s.roles import host_checks  # help and bad flags are answered without it

    facts = host_checks.look(pathlib.Path(operands[0]) if operands else None)
    found = host_checks.findings(facts, networks)
    section = ""
    for each in found:
        if each.section != section:
            terminal.say(f"\n{each.section}:" if section else f"{each.section}:")
            section = each.section
        mark = "" if each.verdict is host_checks.Verdict.GOOD else f" ({each.verdict.value})"
        terminal.say(f"- {each.subject}: {each.found}{mark}")
    failures = sum(each.verdict is host_checks.Verdict.FAIL for each in found)
    terminal.say(f"\nSTATUS: {f'{failures} (fail)' if failures else 'pass'}")
    return min(failures, MOST_STATUS)


SUB = commands.Sub(SUMMARY, _check, FLAGS, "[KERNEL-CONFIG]")
