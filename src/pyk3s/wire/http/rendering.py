"""Answers as bytes: status line, headers, chunk frames."""

import time
from http import HTTPStatus

from pyk3s.wire.http.messages import AnswerHeaders, RawHeaders, Response

LAST_CHUNK = b"0\r\n\r\n"
_STATUS_LINES = {status.value: b"HTTP/1.1 %d %s\r\n" % (status, status.phrase.encode()) for status in HTTPStatus}
_date: tuple[int, bytes] = (0, b"")


def lines(headers: RawHeaders) -> bytes:
    """Headers as complete lines: what an answer may carry ready-made in place of pairs. Raises ValueError for a line
    break inside one: what follows it would be taken for headers of ours.
    """
    joined = b"".join([b"%b: %b\r\n" % pair for pair in headers])
    if joined.count(b"\n") != len(headers) or joined.count(b"\r") != len(headers):
        raise ValueError("a header contains a line break")
    return joined


def head(status: int, headers: AnswerHeaders, more: bytes, body: bytes = b"") -> bytes:
    """Everything up to the body, and the body; `more` are complete header lines."""
    if not isinstance(headers, bytes):
        headers = lines(headers)
    line = _STATUS_LINES.get(status) or b"HTTP/1.1 %d Unknown\r\n" % status
    return b"".join((line, headers, _date_line(), more, b"\r\n", body))


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _date_line() -> bytes:
    global _date
    now = int(time.time())
    if _date[0] != now:
        _date = (now, time.strftime("date: %a, %d %b %Y %H:%M:%S GMT\r\n", time.gmtime(now)).encode())
    return _date[1]


def plain_refusal(status: int) -> Response:
    """An answer of the server itself (400, 408, 413, 431, 500, 503) as plain text."""
    return Response(status, [(b"content-type", b"text/plain; charset=utf-8")], HTTPStatus(status).phrase.encode())
