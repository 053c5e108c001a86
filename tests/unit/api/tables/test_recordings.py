"""Columns of every kind and recorded rows are as a real API server answers them."""

import json
import pathlib
from typing import Any

import pytest

from pyk3s.api import tables
from pyk3s.api.schema import pack

GOLDEN = pathlib.Path(__file__).parents[5] / "shared" / "golden"
NOW = 1767323045.0  # 2026-01-02T03:04:05Z

JSON = dict[str, Any]
pytestmark = [
    pytest.mark.golden,
    pytest.mark.skipif(not GOLDEN.exists(), reason="needs the recordings in ../shared/golden"),
]


def steps(category: str):
    if not GOLDEN.exists():
        return
    text = (GOLDEN / f"{category}.json").read_text()
    text = text.replace("$MICROTIME", "2026-01-02T03:04:05.000000Z").replace("$TIME", "2026-01-02T03:04:05Z")
    for case in json.loads(text):
        for step in case["steps"]:
            yield case["name"], step["request"]["path"], step["response"].get("body")


def resource_of(path: str):
    parts = [part for part in path.split("?")[0].split("/") if part]
    group = "" if parts[0] == "api" else parts[1]
    rest = parts[2:] if parts[0] == "apis" else parts[1:]
    plural = rest[3] if len(rest) > 3 and rest[1] == "namespaces" else rest[1]
    return pack.load().catalog.find(group, rest[0], plural)


def recorded_columns():
    return [
        pytest.param(path, body["columnDefinitions"], id=name)
        for name, path, body in steps("tables")
        if isinstance(body, dict) and body.get("kind") == "Table"
    ]


@pytest.mark.parametrize(("path", "recorded"), recorded_columns())
def test_columns_are_as_recorded(path, recorded):
    assert tables.columns(resource_of(path)) == recorded


def recorded_rows():
    """Rows whose whole object an earlier answer of the same case shows."""
    latest: dict[tuple[str, str, str], JSON] = {}
    found = []
    for case, path, body in steps("list-watch"):
        if not isinstance(body, dict):
            continue
        if body.get("kind") == "Table" and body.get("apiVersion") == "meta.k8s.io/v1" and "watch" not in path:
            resource = resource_of(path)
            for row in body["rows"]:
                obj = latest.get((case, resource.kind if resource else "", row["cells"][0]))
                if obj is not None:
                    found.append(pytest.param(resource, obj, row, id=f"{case}-{row['cells'][0]}"))
        elif "metadata" in body and "kind" in body:
            latest[case, body["kind"], body["metadata"].get("name", "")] = body
    return found


@pytest.mark.parametrize(("resource", "obj", "recorded"), recorded_rows())
def test_rows_are_as_recorded(resource, obj, recorded):
    cells = tables.row(resource, obj, NOW)
    assert len(cells) == len(recorded["cells"])
    for ours, theirs in zip(cells, recorded["cells"], strict=True):
        assert theirs == "$AGE" or (type(ours) is type(theirs) and ours == theirs)
    assert tables.conditions(resource, obj) == recorded.get("conditions", [])
