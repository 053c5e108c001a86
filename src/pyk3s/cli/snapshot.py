"""`k3s snapshot`: saves, lists, deletes and restores snapshots of the datastore.

Saving asks the running server; where none runs, the database at rest is read. Flags of K3s' `etcd-snapshot` are known
by their names, with and without `etcd-snapshot-` before them.
"""

import datetime
import json
import pathlib
import platform
import shutil
import time
from collections.abc import Sequence
from typing import Any

from pyk3s.cli import commands, terminal
from pyk3s.config import paths, snapshots
from pyk3s.config.flags import BY_NAME, DATA_DIR, Flag, Kind
from pyk3s.config.values import Values
from pyk3s.datastore.snapshots import folder
from pyk3s.datastore.snapshots.settings import SnapshotSettings
from pyk3s.lib import timestamps
from pyk3s.lib.failure import Failure

ON_DEMAND = "on-demand"
PREFIX = "etcd-snapshot-"
HEAD = ("Name", "Location", "Size", "Created")
OF_SERVER = tuple(BY_NAME[name] for name in ("node-name", "datastore-endpoint"))
OF_SNAPSHOTS = tuple(flag for flag in BY_NAME.values() if flag.name.startswith(PREFIX) and not flag.refused)
SHORT = tuple(
    flag._replace(name=flag.name.removeprefix(PREFIX), help=f"Short for --{flag.name}", default="")
    for flag in OF_SNAPSHOTS
    if flag.name in ("etcd-snapshot-dir", "etcd-snapshot-compress")
)
PLACE = (*commands.COMMON, *OF_SERVER, *OF_SNAPSHOTS, *SHORT, BY_NAME["etcd-disable-snapshots"])
NAME = Flag("name", Kind.TEXT, "What the snapshot is called, before node and time", default=ON_DEMAND)
RETENTION = Flag("snapshot-retention", Kind.NUMBER, "How many stay", default="5")
SERVER = Flag("server", Kind.TEXT, "URL of the server (that of the data folder)", short="s")
OUTPUT = Flag("output", Kind.TEXT, "table or json", default="table", short="o")
TOKEN = (BY_NAME["token"], BY_NAME["token-file"])


def run(arguments: Sequence[str]) -> int:
    """Returns the exit status."""
    return commands.run(COMMAND, arguments)


def _settings(values: Values) -> tuple[paths.Paths, SnapshotSettings]:
    found = paths.paths(values.text("data-dir"), DATA_DIR)
    chosen = Values({name: _either(values, name) for name in values.names() if name.startswith("etcd-")}, BY_NAME)
    if values.given("datastore-endpoint"):
        chosen = chosen.also("datastore-endpoint", values.text("datastore-endpoint"))
    node = (values.text("node-name") or platform.node()).lower()
    return found, snapshots.snapshot_settings(chosen, found, node)


def _either(values: Values, name: str) -> list[str]:
    short = name.removeprefix(PREFIX)
    return [values.text(short)] if values.given(short) else [values.text(name)]


def _save(values: Values, _operands: Sequence[str]) -> int:
    found, chosen = _settings(values)
    from pyk3s.roles import administration, preflight  # help and bad flags are answered without them
    from pyk3s.roles import snapshots as taking

    name = values.text("name")
    holder = preflight.holder(found.server)
    if holder is None:
        saved = taking.save_at_rest(chosen, found.server, name, time.time(), compress=chosen.compress)
        terminal.say(f"Snapshot {saved} saved (no server is running)")
        return 0
    url = values.text("server") or administration.own_url(found.server)
    asked = {"name": name, "compress": chosen.compress}
    answer = administration.ask(found.server, url, "POST", administration.SNAPSHOT, asked)
    if values.given("dir") or values.given("etcd-snapshot-dir"):
        _move(pathlib.Path(answer["location"].removeprefix("file://")), chosen.folder)
    terminal.say(f"Snapshot {answer['name']} saved")
    return 0


def _move(path: pathlib.Path, where: pathlib.Path) -> None:
    """The server saves into its own folder; who may write into another one is us."""
    if where.resolve() == path.parent.resolve():
        return
    try:
        where.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.move(path, where / path.name)
    except OSError as error:
        remedy = f"{error.strerror or error}; it is {path}"
        raise Failure(f"cannot move the snapshot to {where}", remedy=remedy) from error


def _list(values: Values, _operands: Sequence[str]) -> int:
    _, chosen = _settings(values)
    held = folder.listed(chosen.folder)
    if values.choice("output", ("table", "json")) == "json":
        terminal.say(json.dumps([_described(each) for each in held], indent=2))
        return 0
    rows = [HEAD, *((each.name, f"file://{each.path}", str(each.size), _when(each)) for each in held)]
    terminal.say(terminal.table(rows))
    return 0


def _described(each: folder.Kept) -> dict[str, Any]:
    return {"name": each.name, "location": f"file://{each.path}", "size": each.size, "created": _when(each)}


def _when(each: folder.Kept) -> str:
    return timestamps.rfc3339(each.created)


def _delete(values: Values, operands: Sequence[str]) -> int:
    _, chosen = _settings(values)
    held = {each.name: each for each in folder.listed(chosen.folder)}
    missing = [name for name in operands if name not in held]
    if missing or not operands:
        remedy = "`k3s snapshot ls` shows them"
        raise Failure(f"no snapshot {', '.join(missing)}" if missing else "name the snapshots to delete", remedy=remedy)
    folder.delete([held[name] for name in operands])
    for name in operands:
        terminal.say(f"Snapshot {name} deleted")
    return 0


def _prune(values: Values, _operands: Sequence[str]) -> int:
    _, chosen = _settings(values)
    retention = values.number("snapshot-retention")
    old = folder.surplus_by_prefix(folder.listed(chosen.folder), f"{values.text('name')}-", retention)
    folder.delete(old)
    for each in old:
        terminal.say(f"Snapshot {each.name} deleted")
    return 0


def _restore(values: Values, operands: Sequence[str]) -> int:
    if len(operands) != 1:
        raise Failure("name the snapshot to restore", remedy="`k3s snapshot ls` shows them")
    found, chosen = _settings(values)
    where = chosen.folder / operands[0]  # an absolute path stays one
    from pyk3s.config.settings import read_token
    from pyk3s.roles import restoring

    done = restoring.restore(found, chosen.database, where, read_token(values))
    terminal.say(f"{done.objects} objects restored from {where.name}, taken {_moment(done.facts.created)}")
    for path in done.aside:
        terminal.say(f"kept what was there before: {path}")
    terminal.say("Start the server now, with the token that the cluster had then")
    return 0


def _moment(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S %z")


COMMAND = commands.Command(
    "snapshot",
    "Save and restore snapshots of the datastore",
    {
        "save": commands.Sub("Save a snapshot now", _save, (*PLACE, NAME, SERVER)),
        "ls": commands.Sub("List the snapshots", _list, (*PLACE, OUTPUT), aliases=("list", "l")),
        "delete": commands.Sub("Delete snapshots", _delete, PLACE, "NAME ..."),
        "prune": commands.Sub("Delete the oldest of a name", _prune, (*PLACE, NAME, RETENTION)),
        "restore": commands.Sub("Restore one while the server is stopped", _restore, (*PLACE, *TOKEN), "NAME"),
    },
)
