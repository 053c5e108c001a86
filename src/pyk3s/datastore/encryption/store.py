"""A datastore whose values under one prefix are encrypted in the datastore that it wraps.

Who reads and writes here sees plain values; what the other one holds in memory, in its log and on the disk is
encrypted. Writes of other keys are handed on without a step in between. The cipher can be replaced while it runs.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from pyk3s.datastore import contract
from pyk3s.datastore.encryption import ciphers


class EncryptedDatastore:
    """Satisfies `contract.Datastore`."""

    def __init__(self, inner: contract.Datastore, prefix: str, cipher: ciphers.Cipher):
        self._inner, self._prefix, self.cipher = inner, prefix, cipher

    def subscribe(self, receive: Callable[[Sequence[contract.Event]], None]) -> None:
        def receive_plain(events: Sequence[contract.Event]) -> None:
            if any(event.key.startswith(self._prefix) for event in events):
                events = [self._event(event) for event in events]
            receive(events)

        self._inner.subscribe(receive_plain)

    async def load(self) -> contract.Snapshot:
        """Raises Damaged where a value does not open: nothing is served without it, and nothing is changed."""
        snapshot = await self._inner.load()
        try:
            return contract.Snapshot(snapshot.revision, [self._record(record) for record in snapshot.records])
        except ciphers.CannotDecrypt as error:
            remedy = "Restore server/cred/encryption-config.json with the key, from a copy or with a snapshot"
            raise contract.Damaged(f"a value under {self._prefix} cannot be read: {error}. {remedy}") from error

    async def recent(self, most_bytes: int) -> Sequence[contract.Event]:
        readable: list[contract.Event] = []
        for event in reversed(await self._inner.recent(most_bytes)):
            try:
                readable.append(self._event(event))
            except ciphers.CannotDecrypt:  # of a key that is gone: what is remembered begins after it
                break
        readable.reverse()
        return readable

    def put(
        self, key: str, encode: contract.Encode, *, expected: int, lazy: bool = False
    ) -> Coroutine[Any, Any, contract.Record]:
        if not key.startswith(self._prefix):
            return self._inner.put(key, encode, expected=expected, lazy=lazy)
        return self._write(self._inner.put, key, encode, expected, lazy)

    def delete(
        self, key: str, encode: contract.Encode, *, expected: int, lazy: bool = False
    ) -> Coroutine[Any, Any, contract.Record]:
        if not key.startswith(self._prefix):
            return self._inner.delete(key, encode, expected=expected, lazy=lazy)
        return self._write(self._inner.delete, key, encode, expected, lazy)

    async def check(self) -> None:
        await self._inner.check()

    async def run(self) -> None:
        await self._inner.run()

    async def close(self) -> None:
        await self._inner.close()

    async def scrub(self) -> None:
        await self._inner.scrub()

    async def stale(self) -> list[str]:
        """The live keys whose values are not as they would be written now."""
        records = (await self._inner.load()).records
        return [each.key for each in records if self._is_ours(each.key) and not self.cipher.is_current(each.value)]

    def _is_ours(self, key: str) -> bool:
        return key.startswith(self._prefix)

    async def _write(
        self, write: Callable[..., Any], key: str, encode: contract.Encode, expected: int, lazy: bool
    ) -> contract.Record:
        def sealed(revision: int) -> bytes:
            return self.cipher.encrypt(key, encode(revision))

        try:
            return self._record(await write(key, sealed, expected=expected, lazy=lazy))
        except contract.Conflict as conflict:
            raise contract.Conflict(key, self._record(conflict.current) if conflict.current else None) from conflict

    def _record(self, record: contract.Record) -> contract.Record:
        if not self._is_ours(record.key):
            return record
        return record._replace(value=self.cipher.decrypt(record.key, record.value))

    def _event(self, event: contract.Event) -> contract.Event:
        if not self._is_ours(event.key):
            return event
        before = event.previous
        return event._replace(
            value=self.cipher.decrypt(event.key, event.value),
            previous=self.cipher.decrypt(event.key, before) if before is not None else None,
        )
