"""What the server says to requests that it does not even read."""

import msgspec

from pyk3s.apiserver import refusals


def told(code: int) -> dict[str, object]:
    answer = refusals.refuse(code)
    assert answer.status == code
    return msgspec.json.decode(answer.body)


def test_a_body_that_is_too_large_is_told_the_limit():
    assert told(413)["message"] == "Request entity too large: limit is 3145728"


def test_a_method_that_nobody_knows_is_not_allowed():
    assert told(405)["reason"] == "MethodNotAllowed"


def test_what_is_no_http_is_refused_in_plain_text():
    assert refusals.refuse(400).body == b"Bad Request"
