"""An API server behind this one: registration, availability, discovery, requests passed on."""

import base64
import contextlib
import http.server
import json
import pathlib
import time
from collections.abc import Iterator
from typing import Any

import https_server
import pytest
from api_server import Api, running

JSON = dict[str, Any]
REGISTRATIONS = "/apis/apiregistration.k8s.io/v1/apiservices"
RESOURCES = [
    {"name": "flavours", "singularName": "flavour", "namespaced": True, "kind": "Flavour", "verbs": ["get", "list"]},
    {"name": "flavours/status", "singularName": "", "namespaced": True, "kind": "Flavour", "verbs": ["get"]},
]
DOCUMENTS: dict[str, JSON] = {
    "/apis/taste.io/v1": {"kind": "APIResourceList", "groupVersion": "taste.io/v1", "resources": RESOURCES},
    "/openapi/v3": {"paths": {"apis/taste.io/v1": {"serverRelativeURL": "/openapi/v3/apis/taste.io/v1?hash=AB"}}},
    "/openapi/v3/apis/taste.io/v1": {"openapi": "3.0.0", "info": {"title": "taste"}},
}


class Behind:
    """A listening API server of our own making."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.port, self.authority = 0, b""

    def handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        behind = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                behind.seen.append(
                    (self.command, self.path, {key.lower(): value for key, value in self.headers.items()})
                )
                found = DOCUMENTS.get(self.path.partition("?")[0], {"kind": "Flavour", "path": self.path})
                body = json.dumps(found).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *parts: object) -> None:
                """Tests are quiet."""

        return Handler


@contextlib.contextmanager
def behind(folder: pathlib.Path) -> Iterator[Behind]:
    made = Behind()
    with https_server.listening(folder, made.handler(), name="taste.default.svc") as (made.port, made.authority):
        yield made


@pytest.fixture
def api(tmp_path: pathlib.Path) -> Iterator[Api]:
    with running(tmp_path) as server:
        yield server


def service(port: int) -> JSON:
    """Leads to this machine."""
    spec = {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": port}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "taste"}, "spec": spec}


def register(api: Api, server: Behind) -> None:
    spec = {
        "group": "taste.io",
        "version": "v1",
        "groupPriorityMinimum": 2000,
        "versionPriority": 15,
        "caBundle": base64.b64encode(server.authority).decode(),
        "service": {"name": "taste", "namespace": "default", "port": server.port},
    }
    body = {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v1.taste.io"}}
    code, made = api.send("POST", REGISTRATIONS, {**body, "spec": spec})
    assert code == 201, made


def wait_for_reason(api: Api, reason: str) -> JSON:
    give_up = time.monotonic() + 30
    while time.monotonic() < give_up:
        _, found = api.send("GET", f"{REGISTRATIONS}/v1.taste.io")
        for condition in found["status"].get("conditions") or ():
            if condition["reason"] == reason:
                return dict(condition)
        time.sleep(0.05)
    raise AssertionError(found)


def registered(api: Api, server: Behind) -> None:
    api.send("POST", "/api/v1/namespaces/default/services", service(server.port))
    register(api, server)
    wait_for_reason(api, "Passed")


def test_own_group_versions_have_local_services(api: Api) -> None:
    wanted = {"v1.", "v1.apps", "v2.autoscaling", "v1.apiextensions.k8s.io"}
    give_up = time.monotonic() + 30
    while time.monotonic() < give_up:
        _, listed = api.send("GET", REGISTRATIONS)
        names = {each["metadata"]["name"] for each in listed["items"]}
        if wanted <= names:
            break
        time.sleep(0.05)
    assert wanted <= names
    assert "v1.apiregistration.k8s.io" not in names
    core = next(each for each in listed["items"] if each["metadata"]["name"] == "v1.")
    assert core["spec"] == {"version": "v1", "groupPriorityMinimum": 18000, "versionPriority": 1}
    assert core["status"]["conditions"][0]["reason"] == "Local"


def test_a_request_is_passed_on_in_the_name_of_its_user(api: Api, tmp_path: pathlib.Path) -> None:
    with behind(tmp_path / "behind") as server:
        registered(api, server)
        path = "/apis/taste.io/v1/namespaces/default/flavours/sweet?watch=false"
        code, found = api.send("GET", path)
    assert (code, found) == (200, {"kind": "Flavour", "path": path})
    _, _, headers = next(each for each in server.seen if each[1] == path)
    assert headers["x-remote-user"] == "admin"
    assert headers["x-remote-group"] in ("system:masters", "system:authenticated")
    assert "authorization" not in headers


def test_discovery_and_openapi_tell_about_it(api: Api, tmp_path: pathlib.Path) -> None:
    with behind(tmp_path / "behind") as server:
        registered(api, server)
        _, groups = api.send("GET", "/apis")
        _, group = api.send("GET", "/apis/taste.io")
        _, resources = api.send("GET", "/apis/taste.io/v1")
        _, index = api.send("GET", "/openapi/v3")
        _, document = api.send("GET", "/openapi/v3/apis/taste.io/v1?hash=AB")
    names = [each["name"] for each in groups["groups"]]
    assert names[-1] == "taste.io"
    assert group["preferredVersion"] == {"groupVersion": "taste.io/v1", "version": "v1"}
    assert resources["resources"] == RESOURCES
    assert index["paths"]["apis/taste.io/v1"]["serverRelativeURL"] == "/openapi/v3/apis/taste.io/v1?hash=AB"
    assert document["info"] == {"title": "taste"}


def test_without_its_service_it_is_unavailable_until_there_is_one(api: Api, tmp_path: pathlib.Path) -> None:
    with behind(tmp_path / "behind") as server:
        register(api, server)
        missing = wait_for_reason(api, "ServiceNotFound")
        assert (missing["status"], missing["message"]) == ("False", 'service/taste in "default" is not present')
        api.send("POST", "/api/v1/namespaces/default/services", service(server.port))
        assert wait_for_reason(api, "Passed")["status"] == "True"
        api.send("DELETE", "/api/v1/namespaces/default/services/taste")
        wait_for_reason(api, "ServiceNotFound")


def test_it_is_gone_with_its_registration(api: Api, tmp_path: pathlib.Path) -> None:
    with behind(tmp_path / "behind") as server:
        registered(api, server)
        api.send("DELETE", f"{REGISTRATIONS}/v1.taste.io")
        _, groups = api.send("GET", "/apis")
    assert "taste.io" not in [each["name"] for each in groups["groups"]]
