"""Writes the events of requests on their way through the front.

Mode `blocking` writes each event before the answer goes out; `blocking-strict` also refuses a request whose beginning
cannot be recorded; `batch` gathers events for a moment and writes them together. A sink that fails loses events, which
are counted in /metrics: whoever must not lose any takes blocking-strict.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, Protocol

from pyk3s.api import status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import identity
from pyk3s.apiserver.audit import policy as policies
from pyk3s.apiserver.audit import record as records
from pyk3s.apiserver.registry import creation
from pyk3s.lib import clock as clocks
from pyk3s.wire.duplex import Duplex
from pyk3s.wire.http import messages

Answer = messages.AnyResponse
Finished = Coroutine[Any, Any, Answer]
Serve = Callable[[messages.Request, records.Record], Answer | Finished]
BLOCKING, STRICT, BATCH = "blocking", "blocking-strict", "batch"
MODES = (BLOCKING, STRICT, BATCH)
GATHER_S = 1.0
MOST_GATHERED = 1 << 20  # bytes; more are written at once
HEADER = b"Audit-Id"


class Sink(Protocol):
    """Takes lines of JSON; raises OSError where it cannot."""

    def write(self, lines: bytes) -> None: ...
    def close(self) -> None: ...


class Auditor:
    """Records the requests that the policy asks for."""

    def __init__(self, policy: policies.Policy, sink: Sink, clock: clocks.Clock, mode: str = BLOCKING):
        self._policy, self._sink, self._clock, self._mode = policy, sink, clock, mode
        self._gathered: list[bytes] = []
        self._size = 0
        self._timer: asyncio.TimerHandle | None = None
        self.written = self.lost = 0
        """Events so far, for /metrics."""

    def audited(self, request: messages.Request, serve: Serve) -> Answer | Finished:
        """What `serve` answers, recorded."""
        stated = request.headers.get("audit-id")
        audit_id = stated[: records.LONGEST_ID] if stated.isprintable() and stated.isascii() else ""
        record = records.Record(request, audit_id or creation.new_uid(), self._clock.time())
        try:
            answer = serve(request, record)
        except BaseException:
            self._tell(record, policies.PANIC, 500)
            raise
        return self._later(record, answer) if asyncio.iscoroutine(answer) else self._finish(record, answer)

    def received(self, record: records.Record, call: calls.Call) -> None:
        """The user is known, and what is asked for: from here on the policy says how much is recorded.

        Told again of a request that is taken up again after waiting. Raises 500 where the mode is strict and the
        request cannot be recorded.
        """
        is_new, record.call, record.actor = record.call is None, call, call.user
        record.rule = self._policy.rule(access_of(call))
        if is_new and not self._tell(record, policies.RECEIVED, 0) and self._mode == STRICT:
            raise status.internal("the request cannot be recorded in the audit log")

    def refused(self, record: records.Record, call: calls.Call) -> None:
        """The credentials do not hold: it is recorded as the request of nobody."""
        record.call = call
        record.rule = self._policy.rule(access_of(call)._replace(user=identity.User("")))

    def close(self) -> None:
        """Write what is gathered, and close the sink."""
        self._flush()
        self._sink.close()

    async def _later(self, record: records.Record, work: Finished) -> Answer:
        try:
            answer = await work
        except asyncio.CancelledError:
            raise
        except BaseException:
            self._tell(record, policies.PANIC, 500)
            raise
        return self._finish(record, answer)

    def _finish(self, record: records.Record, answer: Answer) -> Answer:
        """The answer with its audit ID; a stream is complete when it ends."""
        answer.headers = _with_id(answer.headers, record.audit_id)
        if isinstance(answer, messages.Response):
            self._tell(record, policies.COMPLETE, answer.status)
        elif record.rule.level > policies.Level.None_:
            self._tell(record, policies.STARTED, answer.status)
            if isinstance(answer, messages.StreamResponse):
                answer.chunks = self._until_end(record, answer.status, answer.chunks)
            else:
                answer.run = self._run(record, answer.run)
        return answer

    async def _until_end(self, record: records.Record, code: int, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        try:
            async for chunk in chunks:
                yield chunk
        finally:
            if (close := getattr(chunks, "aclose", None)) is not None:
                await close()
            self._tell(record, policies.COMPLETE, code)

    def _run(
        self, record: records.Record, run: Callable[[Duplex], Awaitable[None]]
    ) -> Callable[[Duplex], Awaitable[None]]:
        async def running(duplex: Duplex) -> None:
            try:
                await run(duplex)
            finally:
                self._tell(record, policies.COMPLETE, 101)

        return running

    def _tell(self, record: records.Record, stage: str, code: int) -> bool:
        """Write an event if the policy wants it; False if that failed."""
        if not record.wants(stage):
            return True
        line = record.event(stage, code, self._clock.time())
        if self._mode != BATCH:
            return self._write(line, 1)
        self._gathered.append(line)
        self._size += len(line)
        if self._size >= MOST_GATHERED:
            self._flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GATHER_S, self._flush)
        return True

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        lines, self._gathered, self._size = self._gathered, [], 0
        if lines:
            self._write(b"".join(lines), len(lines))

    def _write(self, lines: bytes, events: int) -> bool:
        try:
            self._sink.write(lines)
        except OSError:
            self.lost += events
            return False
        self.written += events
        return True


def access_of(call: calls.Call) -> identity.Access:
    """What a call asks for, as policies match it."""
    route = call.route
    what = route.group, route.version, route.plural, route.subresource, route.namespace, route.name, route.path
    return identity.Access(call.user, call.verb, *what)


def _with_id(headers: messages.AnswerHeaders, audit_id: str) -> messages.AnswerHeaders:
    pair = (HEADER, audit_id.encode("latin-1", "replace"))
    if isinstance(headers, bytes):
        return headers + b"%b: %b\r\n" % pair
    return (*headers, pair)
