"""Probes and component statuses, with a datastore that can write and with one that cannot."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import api_in_process
import breakable_database
import pytest

from pyk3s.datastore.drivers.sqlite import store

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
COMPONENTS = "/api/v1/componentstatuses"


@pytest.fixture
def api(tmp_path, monkeypatch) -> Iterator[api_in_process.Api]:
    monkeypatch.setattr(store, "Database", breakable_database.Database)
    with api_in_process.running(f"sqlite://{tmp_path}/state.db") as server:
        yield server


@contextlib.contextmanager
def unwritable(api: api_in_process.Api) -> Iterator[None]:
    """A block in which a write has failed, and none would succeed."""
    _pragma(api, "query_only = ON")
    assert create(api, "refused") == 500
    yield
    _pragma(api, "query_only = OFF")


def _pragma(api: api_in_process.Api, text: str) -> None:
    asked = breakable_database.pragma(api.server.registry.datastore, text)
    asyncio.run_coroutine_threadsafe(asked, api.loop).result(10)


def create(api: api_in_process.Api, name: str) -> int:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
    return api.send("POST", CONFIG_MAPS, body).code


def probe(api: api_in_process.Api, path: str) -> tuple[int, str]:
    answer = api.send("GET", path)
    return answer.code, answer.body.decode()


def test_a_probe_lists_its_checks_when_asked_to(api) -> None:
    code, told = probe(api, "/livez?verbose")
    assert code == 200
    assert told.startswith("[+]ping ok\n[+]log ok\n[+]etcd ok\n")
    assert told.endswith("livez check passed\n")
    assert "[+]shutdown ok\n" in probe(api, "/readyz?verbose")[1]


def test_checks_that_are_not_there_cannot_be_left_out(api) -> None:
    code, told = probe(api, "/readyz?verbose&exclude=etcd&exclude=y&exclude=x")
    assert code == 200
    assert "[+]etcd excluded: ok\n" in told
    assert told.endswith('warn: some health checks cannot be excluded: no matches for "x", "y"\nreadyz check passed\n')
    assert probe(api, "/readyz?exclude=x") == (200, "ok")


def test_one_check_can_be_asked_for(api) -> None:
    assert probe(api, "/healthz/etcd") == (200, "ok")
    assert probe(api, "/healthz/none")[0] == 404
    assert probe(api, "/livez/shutdown")[0] == 404


def test_a_datastore_that_cannot_write_fails_the_probes_until_it_can(api) -> None:
    with unwritable(api):
        for path in ("/healthz", "/livez", "/readyz"):
            code, told = probe(api, path)
            assert code == 500
            assert "[-]etcd failed: reason withheld\n" in told
            assert told.endswith(f"{path[1:]} check failed\n")
        assert probe(api, "/livez?exclude=etcd") == (200, "ok")
        assert "readonly" in probe(api, "/livez/etcd")[1]
    assert probe(api, "/readyz") == (200, "ok")
    assert create(api, "taken") == 201


def components(api: api_in_process.Api, path: str, **headers: str) -> Any:
    return api.send("GET", path, headers=headers).json


def test_the_datastore_is_a_component(api) -> None:
    healthy = [{"type": "Healthy", "status": "True", "message": "ok"}]
    listed = components(api, COMPONENTS)
    assert (listed["kind"], listed["apiVersion"]) == ("ComponentStatusList", "v1")
    assert listed["items"] == [{"metadata": {"name": "etcd-0"}, "conditions": healthy}]
    one = components(api, f"{COMPONENTS}/etcd-0")
    assert (one["kind"], one["metadata"], one["conditions"]) == ("ComponentStatus", {"name": "etcd-0"}, healthy)
    assert components(api, f"{COMPONENTS}/scheduler")["message"] == 'componentstatuses "scheduler" not found'
    assert components(api, f"{COMPONENTS}?fieldSelector=metadata.name%3Dx")["items"] == []


def test_a_datastore_that_cannot_write_is_an_unhealthy_component(api) -> None:
    table = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
    assert components(api, COMPONENTS, **table)["rows"][0]["cells"] == ["etcd-0", "Healthy", "ok", ""]
    with unwritable(api):
        (condition,) = components(api, f"{COMPONENTS}/etcd-0")["conditions"]
        assert condition["status"] == "False"
        assert "readonly" in condition["error"]
        cells = components(api, COMPONENTS, **table)["rows"][0]["cells"]
        assert cells == ["etcd-0", "Unhealthy", "", condition["error"]]
    assert components(api, f"{COMPONENTS}/etcd-0")["conditions"][0]["status"] == "True"
