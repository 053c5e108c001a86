"""`k3s token`: the tokens that nodes join with, under K3s' sub-commands, flags and output."""

import json
import time
from collections.abc import Sequence

from pyk3s.api import cells
from pyk3s.cli import commands, terminal
from pyk3s.config import paths
from pyk3s.config.flags import BY_NAME, DATA_DIR, Flag, Kind
from pyk3s.config.values import Values
from pyk3s.lib import timestamps
from pyk3s.lib.failure import Failure
from pyk3s.pki import bootstrap, tokens

HEAD = ("TOKEN", "TTL", "EXPIRES", "USAGES", "DESCRIPTION", "EXTRA GROUPS")
KUBECONFIG = Flag("kubeconfig", Kind.TEXT, "", refused="it is not supported yet; --data-dir chooses the server")
PLACE = (*commands.COMMON, KUBECONFIG)
OUTPUT = Flag("output", Kind.TEXT, "text or json", default="text", short="o")
OF_NEW = (
    Flag("description", Kind.TEXT, "What the token is for"),
    Flag("groups", Kind.LIST, "Groups of who shows the token", default=bootstrap.DEFAULT_GROUP),
    Flag("ttl", Kind.TEXT, "How long it is valid, 0 for ever", default="24h"),
    Flag("usages", Kind.LIST, "What it may be used for", default=",".join(bootstrap.USAGES)),
)
SERVER = Flag("server", Kind.TEXT, "URL of the server (that of the data folder)", "K3S_URL", short="s")
NEW = Flag("new-token", Kind.TEXT, "The new token (a random one)")
PRESENT = (BY_NAME["token"], BY_NAME["token-file"])


def run(arguments: Sequence[str]) -> int:
    """Returns the exit status."""
    return commands.run(COMMAND, arguments)


def _create(values: Values, operands: Sequence[str]) -> int:
    if len(operands) > 1:
        raise Failure("one token at a time can be created")
    from pyk3s.roles import join_tokens  # help and bad flags are answered without it

    ttl = values.duration("ttl")
    made = bootstrap.BootstrapToken(
        operands[0] if operands else tokens.random_bootstrap(),
        values.text("description"),
        time.time() + ttl if ttl else None,
        _usages(values),
        values.listed("groups") if values.given("groups") else (bootstrap.DEFAULT_GROUP,),
    )
    terminal.say(join_tokens.create(_place(values), made))
    return 0


def _usages(values: Values) -> tuple[str, ...]:
    usages = values.listed("usages") if values.given("usages") else bootstrap.USAGES
    for usage in usages:
        if usage not in bootstrap.USAGES:
            raise Failure(
                f"invalid value {usage!r} for --usages", remedy=f"supported are {', '.join(bootstrap.USAGES)}"
            )
    return usages


def _list(values: Values, _operands: Sequence[str]) -> int:
    from pyk3s.roles import join_tokens

    output = values.choice("output", ("text", "json"))
    held = join_tokens.stored(_place(values))
    if output == "json":
        terminal.say(json.dumps([_described(each) for each in held]))
        return 0
    now = time.time()
    rows: list[Sequence[str]] = [HEAD]
    for each in held:
        ends = ("<forever>", "<never>")
        if each.expires is not None:
            ends = (cells.duration(each.expires - now), timestamps.rfc3339(each.expires))
        told = (",".join(each.usages), each.description, ",".join(each.groups))
        rows.append((each.id, *ends, *(text or "<none>" for text in told)))
    terminal.say(terminal.table(rows))
    return 0


def _described(each: bootstrap.BootstrapToken) -> dict[str, object]:
    made: dict[str, object] = {"token": each.token, "description": each.description}
    if each.expires is not None:
        made["expires"] = timestamps.rfc3339(each.expires)
    return {**made, "usages": each.usages, "groups": each.groups}


def _delete(values: Values, operands: Sequence[str]) -> int:
    if not operands:
        raise Failure("name the tokens to delete", remedy="`k3s token list` shows them")
    from pyk3s.roles import join_tokens

    for identifier in join_tokens.delete(_place(values), operands):
        terminal.say(f'bootstrap token "{identifier}" deleted')
    return 0


def _generate(_values: Values, _operands: Sequence[str]) -> int:
    terminal.say(tokens.random_bootstrap())
    return 0


def _rotate(values: Values, _operands: Sequence[str]) -> int:
    from pyk3s.config.settings import read_token
    from pyk3s.roles import administration, join_tokens

    server = _place(values).server
    url = values.server_url("server") or administration.own_url(server)
    present = read_token(values) or join_tokens.server_token(server)
    terminal.complain("keep a record of the old token: snapshots that were taken with it need it")
    join_tokens.rotate(url, present, values.text("new-token") or tokens.random_secret())
    terminal.say("Token rotated, restart k3s nodes with new token")
    return 0


def _place(values: Values) -> paths.Paths:
    return paths.paths(values.text("data-dir"), DATA_DIR)


COMMAND = commands.Command(
    "token",
    "Manage the tokens that nodes join with",
    {
        "create": commands.Sub("Create a bootstrap token", _create, (*PLACE, *OF_NEW), "[TOKEN]"),
        "delete": commands.Sub("Delete bootstrap tokens, by id or as a whole", _delete, PLACE, "TOKEN ..."),
        "generate": commands.Sub("Print a random bootstrap token that is stored nowhere", _generate),
        "list": commands.Sub("List the bootstrap tokens", _list, (*PLACE, OUTPUT), aliases=("ls",)),
        "rotate": commands.Sub("Replace the server's token", _rotate, (*PLACE, *PRESENT, SERVER, NEW)),
    },
)
