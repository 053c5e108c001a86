"""What another server is told about a user."""

from pyk3s.apiserver import call as calls
from pyk3s.apiserver import identity, routing
from pyk3s.apiserver.aggregation import relaying
from pyk3s.wire.http import messages

USER = identity.User("eve", ("a", "b"), uid="7", extra={"acme.io/Team": ("x", "y")})


def test_name_groups_uid_and_extra_become_headers() -> None:
    assert relaying.user_headers(USER) == {
        "x-remote-user": "eve",
        "x-remote-group": ["a", "b"],
        "x-remote-uid": "7",
        "x-remote-extra-acme.io%2FTeam": ["x", "y"],
    }


def test_a_client_cannot_say_who_it_is() -> None:
    raw = (
        (b"X-Remote-User", b"root"),
        (b"X-Remote-Extra-a", b"1"),
        (b"Authorization", b"Bearer t"),
        (b"Accept", b"*/*"),
    )
    request = messages.Request("GET", "/apis/a/v1", messages.Headers(raw), b"", messages.Peer("10.0.0.9"))
    headers = relaying.sent_headers(calls.Call(request, routing.route("/apis/a/v1"), "get", USER))
    assert headers["x-remote-user"] == "eve"
    assert "x-remote-extra-a" not in headers
    assert "authorization" not in headers
    assert headers["x-forwarded-for"] == ["10.0.0.9"]
