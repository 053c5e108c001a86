import pytest

from pyk3s.api.status import StatusError
from pyk3s.apiserver import continuation
from pyk3s.apiserver.continuation import Position


def test_a_position_survives_its_token():
    position = Position("web-1\0", 42)
    assert continuation.decode(continuation.encode(position)) == position


@pytest.mark.parametrize("token", ["", "garbage", "====", "bnVsbA", "e30", "\u00e4"])
def test_what_is_no_token_is_a_bad_request(token):
    with pytest.raises(StatusError) as refused:
        continuation.decode(token)
    assert refused.value.code == 400


@pytest.mark.parametrize(
    ("position", "why"),
    [
        (Position("a", 0), "incorrect encoded start resourceVersion (version meta.k8s.io/v1)"),
        (Position("", 1), "encoded start key empty (version meta.k8s.io/v1)"),
        (Position("a/../b", 1), "a/../b"),
        (Position("a//b", 1), "a//b"),
    ],
)
def test_a_token_that_leads_nowhere_is_refused_with_the_reason(position, why):
    with pytest.raises(StatusError) as refused:
        continuation.decode(continuation.encode(position))
    assert refused.value.message == f"invalid continue token: continue key is not valid: {why}"


def test_a_token_may_not_leave_its_list():
    token = continuation.encode(Position("../secrets/x", 1))
    with pytest.raises(StatusError):
        continuation.decode(token)


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ("x", "illegal base64 data at input byte 0"),
        ("abc!d", "illegal base64 data at input byte 3"),
        ("abcd=", "illegal base64 data at input byte 4"),
        ("garbage", "invalid character '\\x81' looking for beginning of value"),
        ("ey", "unexpected end of JSON input"),
        ("dHJ1ZQ", "json: cannot unmarshal bool into Go value of type storage.continueToken"),
        ("bnVsbA", "server does not recognize this encoded version "),
    ],
)
def test_what_is_wrong_with_a_token_is_told_in_the_apis_words(token, why):
    with pytest.raises(StatusError) as refused:
        continuation.decode(token)
    assert refused.value.message == f"invalid continue token: continue key is not valid: {why}"
