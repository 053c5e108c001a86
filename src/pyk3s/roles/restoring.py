"""Puts a snapshot in the place of a stopped server's database, and with it the identity of the cluster it was taken of.

Nothing is overwritten: the database that was there, and files that differ, stay under other names. What can fail is
done first, beside what is there. Killed in between, the same command again completes it.
"""

import pathlib
import time
from typing import NamedTuple

from pyk3s import version
from pyk3s.config.paths import Paths
from pyk3s.datastore import contract
from pyk3s.datastore.drivers.sqlite import origin
from pyk3s.datastore.snapshots import content, folder, restoring
from pyk3s.lib.failure import Failure
from pyk3s.roles import preflight


class Restored(NamedTuple):
    """What was done: facts of the snapshot, how many objects, and where what was there before is now."""

    facts: content.Facts
    objects: int
    aside: list[pathlib.Path]


def restore(paths: Paths, database: pathlib.Path, where: pathlib.Path, token: str) -> Restored:
    """Make `database` anew from the snapshot file `where`. `token` is that of the cluster it was taken of, empty for
    the one of this server. Raises Failure, having changed nothing.
    """
    paths.server.mkdir(parents=True, exist_ok=True, mode=0o700)
    preflight.hold(paths.server)
    database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with folder.unpacked(where, database.parent) as plain:
            found = content.read(plain)
    except contract.DatastoreError as error:
        raise Failure(str(error)) from error
    if origin.is_newer(found.facts.release, version.GIT_VERSION):
        remedy = f"it is {found.facts.release}, this is {version.GIT_VERSION}: restore it with that version"
        raise Failure(f"the snapshot {where} was taken by a newer version", remedy=remedy)
    return _put(paths, database, found, token)


def _put(paths: Paths, database: pathlib.Path, found: content.Content, token: str) -> Restored:
    from pyk3s.pki import sealing, token_files, tokens  # heavy, and only a restore needs them

    secret = tokens.parse(token).secret if token else token_files.secrets(paths.server)[0]
    if not secret:
        raise Failure("this machine has no token yet", remedy="give that of the cluster with --token")
    try:
        kept = sealing.unseal(found.bootstrap, secret)
    except sealing.WrongToken as error:
        remedy = "give the token that the cluster had then with --token"
        raise Failure(f"cannot open the sealed part of the snapshot: {error}", remedy=remedy) from error
    now = time.time()
    try:
        new = restoring.prepare(database, found.records, found.facts.revision)
    except (OSError, contract.DatastoreError) as error:
        restoring.discard(database.with_name(database.name + restoring.NEW))
        raise Failure(f"cannot write {database.parent}", remedy=str(error)) from error
    aside = sealing.place(kept, paths.server, f"old-{int(now)}-")
    token_files.replace(paths.server, secret)
    old = restoring.swap(new, database, now)
    return Restored(found.facts, len(found.records), [*([old] if old else []), *aside])
