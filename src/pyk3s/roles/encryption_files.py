"""The two files of secrets encryption in `server/cred`: upstream's configuration, and how far a change of keys is.

The configuration is written first, and only then anything that needs it. A file is whole or absent.
"""

import hashlib
import json
import os
import pathlib
from dataclasses import asdict, dataclass

from pyk3s.datastore.drivers.sqlite import at_rest
from pyk3s.datastore.encryption import ciphers
from pyk3s.datastore.encryption import configuration as configurations
from pyk3s.datastore.encryption.configuration import Configuration, Key
from pyk3s.lib import files
from pyk3s.lib.failure import Failure

START, PREPARE, ROTATE = "start", "prepare", "rotate"
REQUESTED, ACTIVE, FINISHED = "reencrypt_request", "reencrypt_active", "reencrypt_finished"


@dataclass(frozen=True)
class State:
    """Where a rotation stands, in K3s' words, and whether it is to keep the old keys when it is done."""

    stage: str = START
    keep_keys: bool = False

    @property
    def is_under_way(self) -> bool:
        return self.stage in (REQUESTED, ACTIVE)


class Files:
    """The files of one server."""

    def __init__(self, server: pathlib.Path):
        self.configuration = server / "cred/encryption-config.json"
        self.state = server / "cred/encryption-state.json"

    def read(self) -> Configuration | None:
        """The configuration, None if encryption was never asked for. Raises Failure."""
        if not self.configuration.exists():
            return None
        try:
            return configurations.parse(self.configuration.read_bytes())
        except (configurations.ConfigurationError, OSError) as error:
            remedy = "restore it from a copy or with a snapshot; without its keys the secrets are lost"
            raise Failure(f"cannot use {self.configuration}: {error}", remedy=remedy) from error

    def write(self, configuration: Configuration) -> None:
        self.configuration.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        files.write_atomic(self.configuration, configurations.render(configuration), 0o600)

    def read_state(self) -> State:
        try:
            return State(**json.loads(self.state.read_bytes()))
        except (OSError, ValueError, TypeError):
            return State()  # it is only how far a rotation was; what is not rewritten shows in the values

    def write_state(self, state: State) -> None:
        self.state.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        files.write_atomic(self.state, json.dumps(asdict(state)).encode(), 0o600)

    def digest(self) -> str:
        """SHA-256 of the configuration as it lies on the disk."""
        return hashlib.sha256(self.configuration.read_bytes()).hexdigest()


def provide(files: Files, provider: str, database: pathlib.Path) -> None:
    """Make the first key where encryption is asked for and there is none; Secrets of an old database are encrypted once
    the server runs. Raises Failure where the key that an old database needs is missing.
    """
    if files.read() is not None:
        return
    is_new = not database.exists()
    if not is_new and at_rest.holds(database, ciphers.PREFIX):
        remedy = "restore it from a copy or with a snapshot; without its keys the secrets are lost"
        raise Failure(f"{files.configuration} is missing, and {database} holds encrypted values", remedy=remedy)
    empty = Configuration((), enabled=True)
    if not is_new:
        files.write_state(State(REQUESTED))
    files.write(empty.with_next(new_key(provider, empty)))


def new_key(provider: str, among: Configuration, stamp: str = "") -> Key:
    """A random key under a name that none of the others has."""
    name = configurations.key_name(provider, (key.name for key in among.keys), stamp)
    return Key(provider, name, os.urandom(configurations.NEW_KEY_BYTES))
