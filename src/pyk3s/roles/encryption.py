"""Secrets encryption of the running server: which keys there are, and the change from one to the next.

A change is: write the new configuration, use it, write every stale Secret again, let the datastore forget the old
values, and only then the old keys. Killed at any moment, the next start goes on where it was: the stage is on the disk,
and which Secrets are stale shows in their values. Both keys are there until the last of them is done.
"""

import asyncio

from pyk3s.apiserver.registry import rewriting
from pyk3s.apiserver.server import ApiServer
from pyk3s.datastore import contract
from pyk3s.datastore.encryption import ciphers
from pyk3s.datastore.encryption.configuration import TYPES, Configuration, Key
from pyk3s.datastore.encryption.store import EncryptedDatastore
from pyk3s.lib import clock, log, timestamps
from pyk3s.roles import encryption_files as stages
from pyk3s.roles.encryption_files import Files, State

SECRETS = "/registry/secrets/"
ROUNDS = 5  # of looking for stale values: what is written meanwhile is written with the new key, so two do
RETRY_S = 60.0

_log = log.get_logger("encryption")


class Encryption:
    """The keys of one running server. `provider` is what new keys are for."""

    def __init__(
        self,
        files: Files,
        configuration: Configuration,
        store: EncryptedDatastore,
        provider: str,
        time: clock.Clock,
    ):
        self._files, self._store, self._provider, self._time = files, store, provider, time
        self._configuration, self._state = configuration, files.read_state()
        self._digest = files.digest()
        self._asked = asyncio.Event()

    def status(self) -> dict[str, object]:
        """As K3s answers it: stage, keys, and whether this server works with what is on the disk."""
        keys = self._configuration.keys
        matches = self._files.digest() == self._digest
        return {
            "enable": self._configuration.enabled,
            "stage": self._state.stage,
            "activekey": _shown(keys[0]) if keys else "",
            "inactivekeys": [_shown(key) for key in keys[1:]],
            "hashmatch": matches,
            "hasherror": "" if matches else "the file was changed after this server read it; restart the server",
        }

    def switch(self, enable: bool) -> None:
        """Whether Secrets are encrypted that are written from now on."""
        self._refuse_under_way()
        self._use(self._configuration.switched(enable), State())

    def change(self, stage: str, *, force: bool, skip: bool) -> None:
        """Go to a stage of a rotation; raises ValueError where that is not the next one. Returns before it is done."""
        self._refuse_under_way()
        before, now = self._state.stage, self._configuration
        if stage == stages.PREPARE:
            self._require(before in (stages.START, stages.FINISHED) or force, stage)
            self._use(now.with_next(self._new_key()), State(stages.PREPARE))
        elif stage == stages.ROTATE:
            self._require(before == stages.PREPARE or (force and len(now.keys) > 1), stage)
            self._use(now.rotated(), State(stages.ROTATE))
        elif stage in (stages.REQUESTED, stages.ACTIVE):
            self._require(before == stages.ROTATE or force, stage)
            self._use(now, State(stages.REQUESTED, keep_keys=skip))
        elif stage == "rotate_keys":
            self._require(before in (stages.START, stages.FINISHED) or force, stage)
            self._use(now.with_next(self._new_key()).rotated(), State(stages.REQUESTED))
        else:
            raise ValueError(f"{stage!r} is no stage of a rotation")
        if self._state.is_under_way:
            self._asked.set()

    async def run(self, server: ApiServer) -> None:
        """Write stale Secrets again whenever that is asked for, also by an earlier run of the server."""
        if self._state.is_under_way:
            self._asked.set()
        while True:
            await self._asked.wait()
            self._asked.clear()
            try:
                await self._reencrypt(server)
            except contract.Unavailable as error:
                _log.error("secrets cannot be encrypted anew", error=error, next_try_s=RETRY_S)
                await self._time.sleep(RETRY_S)
                self._asked.set()

    async def _reencrypt(self, server: ApiServer) -> None:
        self._note(State(stages.ACTIVE, self._state.keep_keys))
        count = 0
        for _ in range(ROUNDS):
            if not (stale := await self._store.stale()):
                break
            count += await rewriting.rewrite(server.cache, self._store, stale)
        else:
            raise contract.Unavailable(f"{len(stale)} values stay as they were, such as {stale[0]}")
        await self._store.scrub()
        if not self._state.keep_keys and self._configuration.enabled:
            self._use(self._configuration.without_old(), State(stages.FINISHED))
        else:
            self._note(State(stages.FINISHED))
        _log.info("secrets are encrypted anew", count=count)

    def _use(self, configuration: Configuration, state: State) -> None:
        """Work with other keys from now on, and say how far the change is."""
        self._files.write(configuration)
        self._store.cipher = ciphers.Cipher(configuration)
        self._configuration, self._digest = configuration, self._files.digest()
        self._note(state)

    def _note(self, state: State) -> None:
        self._files.write_state(state)
        self._state = state

    def _new_key(self) -> Key:
        stamp = timestamps.rfc3339(self._time.time()).replace(":", "-")
        return stages.new_key(self._provider, self._configuration, stamp)

    def _require(self, fits: bool, stage: str) -> None:
        if not fits:
            raise ValueError(f"the rotation is at stage {self._state.stage}, from which {stage} is not the next step")
        if not self._configuration.enabled and stage not in (stages.REQUESTED, stages.ACTIVE):
            raise ValueError("secrets encryption is disabled; enable it first")

    def _refuse_under_way(self) -> None:
        if self._state.is_under_way:
            raise ValueError("secrets are being encrypted anew; wait until that is finished")


def opened(
    datastore: contract.Datastore, files: Files, provider: str, time: clock.Clock
) -> tuple[contract.Datastore, Encryption | None]:
    """The datastore as the API server is to see it, and its keys, where encryption has ever been asked for."""
    configuration = files.read()
    if configuration is None:
        return datastore, None
    store = EncryptedDatastore(datastore, SECRETS, ciphers.Cipher(configuration))
    return store, Encryption(files, configuration, store, provider, time)


def _shown(key: Key) -> str:
    return f"{TYPES[key.provider]} {key.name}"
