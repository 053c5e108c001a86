"""Bodies and answers in the forms that clients ask for, and what is said where there is no such form."""

import json
import pathlib

import pytest
from api_server import Api, running

from pyk3s.api import protobuf

PROTOBUF, JSON = "application/vnd.kubernetes.protobuf", "application/json"
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
WATCH = f"{CONFIG_MAPS}?watch=true&timeoutSeconds=1&resourceVersion=0"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory):
    folder: pathlib.Path = tmp_path_factory.mktemp("content-types")
    with running(folder) as server:
        server.send("POST", CONFIG_MAPS, {"metadata": {"name": "seen"}, "data": {"a": "b"}})
        yield server


def test_who_takes_protobuf_alone_gets_it(api: Api) -> None:
    code, content_type, body = api.exchange("GET", f"{CONFIG_MAPS}/seen", headers={"Accept": PROTOBUF})
    assert (code, content_type) == (200, PROTOBUF)
    assert protobuf.decode(body)["data"] == {"a": "b"}


def test_who_takes_protobuf_or_json_gets_what_comes_first(api: Api) -> None:
    _, content_type, _ = api.exchange("GET", f"{CONFIG_MAPS}/seen", headers={"Accept": f"{JSON},{PROTOBUF}"})
    assert content_type == JSON


def test_a_watch_in_protobuf_is_frames_with_their_length(api: Api) -> None:
    code, content_type, body = api.exchange("GET", WATCH, headers={"Accept": f"{PROTOBUF};stream=watch"})
    assert (code, content_type) == (200, f"{PROTOBUF};stream=watch")
    assert int.from_bytes(body[:4], "big") == len(body) - 4
    event = body[4:]
    assert event.startswith(b"\x0a\x05ADDED")
    assert protobuf.decode(event[event.index(protobuf.MAGIC) :])["metadata"]["name"] == "seen"


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        (CONFIG_MAPS, f"{PROTOBUF};as=Table;v=v1;g=meta.k8s.io"),
        (WATCH, f"{PROTOBUF};as=Table;v=v1;g=meta.k8s.io"),
        (WATCH, "application/yaml"),
        (CONFIG_MAPS, "text/html"),
    ],
)
def test_a_form_that_there_is_not_is_not_acceptable(api: Api, path: str, accept: str) -> None:
    code, _, body = api.exchange("GET", path, headers={"Accept": accept})
    assert (code, b"NotAcceptable" in body) == (406, True)


def test_bytes_that_are_no_text_become_replacement_characters(api: Api) -> None:
    body = b'{"metadata":{"name":"odd"},"data":{"a":"\xff"}}'
    code, _, told = api.exchange("POST", CONFIG_MAPS, body, {"Content-Type": JSON})
    assert (code, json.loads(told)["data"]) == (201, {"a": "\ufffd"})


def test_a_body_of_more_than_three_mebibytes_is_refused(api: Api) -> None:
    code, _, told = api.exchange("POST", CONFIG_MAPS, b" " * (3 << 20) + b"{", {"Content-Type": JSON})
    assert (code, json.loads(told)["reason"]) == (413, "RequestEntityTooLarge")


def test_what_has_no_rows_is_shown_in_another_form_or_not_at_all(api: Api) -> None:
    path, table = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", f"{JSON};as=Table;v=v1;g=meta.k8s.io"
    review = json.dumps({"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}}).encode()
    codes = [
        api.exchange("POST", path, review, {"Content-Type": JSON, "Accept": accept})[0]
        for accept in (table, f"{table},{JSON}")
    ]
    assert codes == [406, 201]
