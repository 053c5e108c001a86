"""How answers carry warnings, and what is said of what has no protobuf form."""

import pytest

from pyk3s.api import status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import identity, rendering, routing
from pyk3s.wire.http import messages


def warned(*texts: str) -> list[str]:
    request = messages.Request("GET", "/", messages.Headers(()), b"", messages.Peer(""))
    call = calls.Call(request, routing.route("/"), "get", identity.ANONYMOUS)
    call.warnings += texts
    answer = rendering.failure(status.bad_request("no"), call)
    return [value.decode() for name, value in answer.headers if name == b"Warning"]


def test_a_warning_is_quoted_and_said_once():
    assert warned('unknown field "a\\b"', 'unknown field "a\\b"') == ['299 - "unknown field \\"a\\\\b\\""']


def test_a_warning_cannot_end_its_header():
    assert warned("a\r\nSet-Cookie: x\x00\x85") == ['299 - "a  Set-Cookie: x  "']


def test_many_warnings_are_cut_short_and_then_left_out():
    told = warned(*(f"{number} {'x' * 900}" for number in range(100)))
    assert sum(map(len, told)) < 2 * rendering.MOST_WARNED
    assert {len(text) for text in told[:3]} == {902 + len('299 - ""')}
    assert len(told[-1]) < 300


@pytest.mark.parametrize(
    ("body", "called"),
    [
        (b'{"kind":"Table","apiVersion":"meta.k8s.io/v1"}', "v1.Table"),
        (b'{"kind":"Widget","apiVersion":"example.com/v1"}', "unstructured.Unstructured"),
        (b'{"kind":"Deployment","apiVersion":"apps.example.com/v1"}', "unstructured.Unstructured"),
    ],
)
def test_what_has_no_protobuf_form_is_called_as_go_calls_its_type(body: bytes, called: str) -> None:
    with pytest.raises(status.StatusError, match=rf"object \*{called} does not implement the protobuf"):
        rendering.to_protobuf(body)
