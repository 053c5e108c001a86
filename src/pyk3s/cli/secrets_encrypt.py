"""`k3s secrets-encrypt`: shows and changes how the running server encrypts Secrets; flags and output are K3s'.

No step needs a restart: the server takes the new keys at once.
"""

import json
import time
from collections.abc import Sequence
from typing import Any

from pyk3s.cli import commands, terminal
from pyk3s.config import paths
from pyk3s.config.flags import DATA_DIR, Flag, Kind
from pyk3s.config.values import Values
from pyk3s.lib.failure import Failure

PATIENCE_S, PAUSE_S = 600.0, 0.3
SERVER = Flag("server", Kind.TEXT, "URL of the server (that of the data folder)", "K3S_URL", short="s")
OUTPUT = Flag("output", Kind.TEXT, "text or json", default="text", short="o")
FORCE = Flag("force", Kind.SWITCH, "From any stage", short="f")
SKIP = Flag("skip", Kind.SWITCH, "Keep the old keys")
PLACE = (*commands.COMMON, SERVER)


def run(arguments: Sequence[str]) -> int:
    """Returns the exit status."""
    return commands.run(COMMAND, arguments)


def _ask(values: Values, body: dict[str, Any] | None = None) -> dict[str, Any]:
    from pyk3s.roles import administration  # help and bad flags are answered without a client

    server = paths.paths(values.text("data-dir"), DATA_DIR).server
    url = values.text("server") or administration.own_url(server)
    if body is None:
        return administration.ask(server, url, "GET", administration.ENCRYPTION_STATUS)
    return administration.ask(server, url, "PUT", administration.ENCRYPTION, body)


def _status(values: Values, _operands: Sequence[str]) -> int:
    as_json = values.choice("output", ("text", "json")) == "json"
    found = _ask(values)
    terminal.say(json.dumps(found) if as_json else described(found))
    return 0


def described(found: dict[str, Any]) -> str:
    """The status as text."""
    if "stage" not in found:
        return "Encryption Status: Disabled, no configuration file found"
    keys = [(found["enable"], found["activekey"]), *((False, key) for key in found["inactivekeys"])]
    rows = [(" *" if active else "", *key.rsplit(" ", 1)) for active, key in keys if key]
    head = ("Active", "Key Type", "Name")
    lines = [
        f"Encryption Status: {'Enabled' if found['enable'] else 'Disabled'}",
        f"Current Rotation Stage: {found['stage']}",
        f"Server Encryption Hashes: {'All hashes match' if found['hashmatch'] else found['hasherror']}",
        "",
        terminal.table([head, tuple("-" * len(cell) for cell in head), *rows]),
    ]
    return "\n".join(lines)


def _switch(values: Values, enable: bool) -> int:
    _ask(values, {"enable": enable})
    terminal.say(f"secrets-encryption {'enabled' if enable else 'disabled'}")
    return 0


def _enable(values: Values, _operands: Sequence[str]) -> int:
    return _switch(values, True)


def _disable(values: Values, _operands: Sequence[str]) -> int:
    return _switch(values, False)


def _prepare(values: Values, _operands: Sequence[str]) -> int:
    _ask(values, {"stage": "prepare", "force": values.switch("force")})
    terminal.say("prepare completed successfully")
    return 0


def _rotate(values: Values, _operands: Sequence[str]) -> int:
    _ask(values, {"stage": "rotate", "force": values.switch("force")})
    terminal.say("rotate completed successfully")
    return 0


def _reencrypt(values: Values, _operands: Sequence[str]) -> int:
    _ask(values, {"stage": "reencrypt_active", "force": values.switch("force"), "skip": values.switch("skip")})
    terminal.say("reencryption started")
    return 0


def _rotate_keys(values: Values, _operands: Sequence[str]) -> int:
    found = _ask(values, {"stage": "rotate_keys"})
    give_up = time.monotonic() + PATIENCE_S
    while found["stage"] != "reencrypt_finished":
        if time.monotonic() > give_up:
            remedy = "it goes on; `k3s secrets-encrypt status` shows how far it is"
            raise Failure(f"re-encryption takes longer than {PATIENCE_S:g} s", remedy=remedy)
        time.sleep(PAUSE_S)
        found = _ask(values)
    terminal.say("keys rotated, reencryption finished")
    return 0


COMMAND = commands.Command(
    "secrets-encrypt",
    "Show and change how Secrets are encrypted on the disk",
    {
        "status": commands.Sub("Show keys and stage", _status, (*PLACE, OUTPUT)),
        "enable": commands.Sub("Encrypt what is written from now on", _enable, PLACE),
        "disable": commands.Sub("Encrypt nothing from now on", _disable, PLACE),
        "prepare": commands.Sub("Add a new key, which does not write yet", _prepare, (*PLACE, FORCE)),
        "rotate": commands.Sub("Let the new key write", _rotate, (*PLACE, FORCE)),
        "reencrypt": commands.Sub("Write all Secrets with it, drop old keys", _reencrypt, (*PLACE, FORCE, SKIP)),
        "rotate-keys": commands.Sub("All three at once", _rotate_keys, PLACE),
    },
)
