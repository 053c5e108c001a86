"""`k3s certificate`: shows certificates, sets them aside for new ones, and stages new authorities."""

import datetime
import pathlib
import time
from collections.abc import Sequence

from pyk3s.cli import commands, terminal
from pyk3s.config import paths, sources
from pyk3s.config.flags import DATA_DIR, Flag, Kind
from pyk3s.config.values import Values
from pyk3s.lib.failure import Failure
from pyk3s.pki.leaves import SERVICES

FORMATS = ("text", "table", "json", "yaml")
SERVICE = Flag("service", Kind.LIST, f"Services whose certificates are meant ({', '.join(SERVICES)})", short="s")
OUTPUT = Flag("output", Kind.TEXT, f"One of {', '.join(FORMATS)}", default="text", short="o")
PATH = Flag("path", Kind.TEXT, "Folder with the new CA certificates and keys")
FORCE = Flag("force", Kind.SWITCH, "Replace them even if others will not trust the new ones")
SERVER = Flag("server", Kind.TEXT, "", short="s", refused="run this on the server itself")
OF_CERTIFICATES = (*commands.COMMON, SERVICE)


def run(arguments: Sequence[str]) -> int:
    """Returns the exit status."""
    return commands.run(COMMAND, arguments)


def _paths(values: Values) -> paths.Paths:
    return paths.paths(values.text("data-dir"), DATA_DIR)


def _check(values: Values, _operands: Sequence[str]) -> int:
    form = values.choice("output", FORMATS)
    from pyk3s.cli import certificate_formats  # help and bad flags are answered without the X.509 library
    from pyk3s.pki import inventory
    from pyk3s.roles import rotation

    files = rotation.held(_paths(values), values.listed("service"))
    entries, damaged = inventory.listed(files, datetime.datetime.now(datetime.UTC))
    terminal.say(certificate_formats.shown(entries, form))
    for each in damaged:
        terminal.complain(f"{each.path} holds no certificate ({each.reason}): remove it, a start makes it anew")
    return 1 if damaged else 0


def _rotate(values: Values, _operands: Sequence[str]) -> int:
    from pyk3s.roles import rotation

    aside = rotation.rotate(_paths(values), values.listed("service"), time.time())
    terminal.say(f"Certificates and keys are kept in {aside}; start k3s to have new ones made")
    return 0


def _rotate_ca(values: Values, _operands: Sequence[str]) -> int:
    where = values.text("path")
    if not where:
        raise Failure("flag --path is needed", remedy="name the folder with the new CA files", status=sources.USAGE)
    from pyk3s.roles import rotation

    now, found = datetime.datetime.now(datetime.UTC), _paths(values)
    staged = rotation.stage(found, pathlib.Path(where), now, force=values.switch("force"))
    terminal.say(f"Saved for the next start: {', '.join(staged.names)}")
    for each in staged.broken:
        terminal.say(f"Forced: {each}")
    if staged.broken:
        terminal.say("Restart pods afterwards, so that they trust the new authority")
    if staged.new_token:
        terminal.say(f"Join tokens that begin with K10 pin the old authority: agents need the new {found.server}/token")
    terminal.say("Restart k3s now, on servers first and then on agents")
    return 0


COMMAND = commands.Command(
    "certificate",
    "Show and replace certificates",
    {
        "check": commands.Sub(
            "Show the certificates on this host and when they end", _check, (*OF_CERTIFICATES, OUTPUT)
        ),
        "rotate": commands.Sub("Set certificates aside, so that a start makes new ones", _rotate, OF_CERTIFICATES),
        "rotate-ca": commands.Sub(
            "Replace the certificate authorities at the next start", _rotate_ca, (*commands.COMMON, SERVER, PATH, FORCE)
        ),
    },
)
