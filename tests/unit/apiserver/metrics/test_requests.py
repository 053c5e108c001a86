"""What is counted of requests."""

from pyk3s.api.schema import pack
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import identity, routing
from pyk3s.apiserver.metrics import requests
from pyk3s.wire.http import messages


def call(path: str, verb: str, *, known: bool = True) -> calls.Call:
    request = messages.Request("GET", path, messages.Headers(), b"", messages.Peer("10.0.0.9"))
    made = calls.Call(request, routing.route(path), verb, identity.ANONYMOUS)
    if known and made.route.plural:
        resource = pack.load().catalog.find(made.route.group, made.route.version, made.route.plural)
        assert resource is not None
        made.resource = resource
    return made


def test_requests_are_told_apart_by_verb_resource_scope_and_code() -> None:
    counted = requests.Requests()
    for code in (200, 200, 404):
        counted.count(call("/api/v1/namespaces/a/pods/p", "get"), messages.Response(code), requests.clock())
    counted.count(call("/api/v1/pods", "list"), messages.Response(200), requests.clock())
    totals = [line for line in counted.lines() if line.startswith("apiserver_request_total")]
    found = {(line.split('scope="')[1].split('"')[0], line.rsplit('code="')[1]) for line in totals}
    assert found == {("resource", '200"} 2'), ("resource", '404"} 1'), ("cluster", '200"} 1')}


def test_names_that_nobody_serves_take_no_memory() -> None:
    counted = requests.Requests()
    counted.count(call("/apis/no.io/v1/things", "list", known=False), messages.Response(404), requests.clock())
    assert not any("no.io" in line for line in counted.lines())


def test_streams_have_no_duration() -> None:
    async def chunks():
        yield b""

    counted = requests.Requests()
    counted.count(call("/api/v1/pods", "watch"), messages.StreamResponse(200, (), chunks()), requests.clock())
    lines = counted.lines()
    assert any('verb="WATCH"' in line and line.startswith("apiserver_request_total") for line in lines)
    assert not any("apiserver_request_duration_seconds_count" in line for line in lines)


def test_what_is_under_way_is_counted_while_it_is() -> None:
    counted = requests.Requests()
    with counted.under_way("create"), counted.under_way("get"):
        assert (counted.mutating, counted.reading) == (1, 1)
    assert (counted.mutating, counted.reading) == (0, 0)
