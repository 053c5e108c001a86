"""/metrics of a running API server."""

import pathlib
import urllib.request

from api_server import TOKEN, running


def test_the_page_tells_requests_objects_seats_and_process(tmp_path: pathlib.Path) -> None:
    with running(tmp_path) as api:
        api.send("GET", "/api/v1/namespaces/default")
        request = urllib.request.Request(f"{api.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        with urllib.request.urlopen(request, context=api._context, timeout=30) as reply:
            text = reply.read().decode()
            assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    names = {line.split("{")[0].split(" ")[0] for line in text.splitlines() if not line.startswith("#")}
    assert {
        "apiserver_request_total",
        "apiserver_request_duration_seconds_bucket",
        "apiserver_current_inflight_requests",
        "apiserver_storage_objects",
        "apiserver_flowcontrol_nominal_limit_seats",
        "process_cpu_seconds_total",
    } <= names
    assert 'apiserver_storage_objects{resource="namespaces"} 4' in text
