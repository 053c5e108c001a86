"""What becomes of events when they can be written, and when not."""

import asyncio
import json

import pytest

from pyk3s.api import status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import identity, routing
from pyk3s.apiserver.audit import auditing
from pyk3s.apiserver.audit import policy as policies
from pyk3s.wire.http import messages

EVERYTHING = policies.Policy((policies.Rule(policies.Level.Metadata),))
OK = messages.Response(200, (), b"{}")


class Clock:
    def time(self):
        return 1_800_000_000.25


class Sink:
    def __init__(self):
        self.lines, self.is_full = [], False

    def write(self, lines):
        if self.is_full:
            raise OSError("no space left")
        self.lines += [json.loads(each) for each in lines.splitlines()]

    def close(self):
        """Nothing to close."""


def audited(sink, mode=auditing.BLOCKING, *, answer=OK, policy=EVERYTHING):
    """An auditor, and the answer to a request through it."""
    auditor = auditing.Auditor(policy, sink, Clock(), mode)
    request = messages.Request("GET", "/version", messages.Headers(), b"", messages.Peer("192.0.2.7"))

    def serve(request, record):
        auditor.received(record, calls.Call(request, routing.route("/version"), "get", identity.ANONYMOUS, record))
        if isinstance(answer, BaseException):
            raise answer
        return answer

    return auditor, lambda: auditor.audited(request, serve)


def test_events_carry_times_in_microseconds():
    sink = Sink()
    audited(sink)[1]()
    assert [each["stage"] for each in sink.lines] == ["RequestReceived", "ResponseComplete"]
    assert sink.lines[0]["stageTimestamp"] == "2027-01-15T08:00:00.250000Z"


def test_a_log_that_is_full_loses_events_and_counts_them():
    sink = Sink()
    sink.is_full = True
    auditor, go = audited(sink)
    assert go().status == 200
    assert (auditor.written, auditor.lost) == (0, 2)


def test_a_strict_log_that_is_full_refuses_requests():
    sink = Sink()
    sink.is_full = True
    with pytest.raises(status.StatusError, match="cannot be recorded"):
        audited(sink, auditing.STRICT)[1]()


def test_a_request_that_breaks_the_server_is_recorded_as_a_panic():
    sink = Sink()
    with pytest.raises(LookupError):
        audited(sink, answer=LookupError())[1]()
    assert [each["stage"] for each in sink.lines] == ["RequestReceived", "Panic"]
    assert sink.lines[1]["responseStatus"]["code"] == 500


def test_stages_and_requests_that_the_policy_leaves_out_are_not_written():
    sink = Sink()
    omitting = policies.Policy((policies.Rule(policies.Level.Metadata, omit_stages=frozenset(("RequestReceived",))),))
    audited(sink, policy=omitting)[1]()
    assert [each["stage"] for each in sink.lines] == ["ResponseComplete"]
    audited(sink, policy=policies.Policy((policies.NOTHING,)))[1]()
    assert len(sink.lines) == 1


def test_a_batch_is_written_when_it_is_large():
    async def test():
        sink = Sink()
        auditor, go = audited(sink, auditing.BATCH)
        go()
        assert sink.lines == []
        auditor._size = auditing.MOST_GATHERED
        go()
        assert len(sink.lines) >= 3
        auditor.close()
        assert len(sink.lines) == 4

    asyncio.run(test())


def test_answers_with_ready_made_headers_get_their_id_too():
    assert b"Audit-Id: " in audited(Sink(), answer=messages.Response(200, b"A: b\r\n", b""))[1]().headers
