"""Before another version's first start: a snapshot of what the one before left; or a refusal, if that one was newer."""

import time

from pyk3s import version
from pyk3s.config.settings import ServerSettings
from pyk3s.datastore.contract import Damaged
from pyk3s.datastore.drivers.sqlite import at_rest, origin
from pyk3s.lib import log
from pyk3s.lib.failure import Failure
from pyk3s.roles import snapshots

NAME = "pre-upgrade"

_log = log.get_logger("upgrade")


def prepare(settings: ServerSettings) -> None:
    """Runs before anything of this version touches the database, in a process that ends. Raises Failure."""
    chosen = settings.snapshots
    release = at_rest.release(chosen.database)
    if release is None or release == version.GIT_VERSION:
        return
    try:
        origin.require_not_newer(release, version.GIT_VERSION, chosen.database)
    except Damaged as error:
        raise Failure(str(error)) from error
    name = snapshots.save_at_rest(chosen, settings.paths.server, NAME, time.time(), compress=chosen.compress)
    snapshots.forget_old(chosen, NAME)
    _log.info("new version: snapshot saved", before=release or "unknown", now=version.GIT_VERSION, snapshot=name)
