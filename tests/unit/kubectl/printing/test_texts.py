"""YAML, JSON and custom columns are written as kubectl writes them."""

import pytest
import yaml

from pyk3s.kubectl.errors import CommandError
from pyk3s.kubectl.printing import choosing, custom_columns, json_text, sorting, yaml_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", '""'),
        ("true", '"true"'),
        ("12", '"12"'),
        ("1e3", '"1e3"'),
        ("10.43.0.1", "10.43.0.1"),
        ("~", '"~"'),
        ("a: b", "'a: b'"),
        ("y", '"y"'),
        ("2026-01-01T00:00:00Z", '"2026-01-01T00:00:00Z"'),
        (True, "true"),
        (None, "null"),
        (1, "1"),
        ({}, "{}"),
        ([], "[]"),
    ],
)
def test_values_are_quoted_only_where_they_must_be(value, text):
    assert yaml_text.dump({"a": value}) == f"a: {text}\n"


def test_lists_are_not_indented_and_lines_are_kept():
    assert yaml_text.dump({"b": [{"x": "1\n2\n"}], "a": 1}) == "a: 1\nb:\n- x: |\n    1\n    2\n"


@pytest.mark.parametrize("text", ["a\tb", " lead", "trail ", "#x", "- x", "{x", "multi\nline", "\x07", "ü", "a" * 200])
def test_what_is_written_reads_back(text):
    assert yaml.safe_load(yaml_text.dump({"k": text})) == {"k": text}


def test_keys_are_in_natural_order():
    assert list(yaml.safe_load(yaml_text.dump({"a10": 1, "a2": 1, "B": 1}))) == ["B", "a2", "a10"]


def test_json_is_indented_sorted_and_escaped():
    assert json_text.dump({"b": "<&>", "a": []}) == '{\n    "a": [],\n    "b": "\\u003c\\u0026\\u003e"\n}\n'


def test_custom_columns_show_what_is_missing():
    columns = custom_columns.parse("NAME:.metadata.name,X:.x,L:.l")
    rows = custom_columns.rows(columns, [{"metadata": {"name": "a"}, "l": {"k": 1}}], headers=True)
    assert rows == [["NAME", "X", "L"], ["a", "<none>", "map[k:1]"]]


@pytest.mark.parametrize("output", ["nonsense", "go-template={{.x}}", "jsonpath", "custom-columns="])
def test_an_output_that_cannot_be_is_refused(output):
    with pytest.raises(CommandError):
        choosing.parse(output)


def test_objects_are_sorted_by_quantity_number_and_text():
    assert sorting.order([{"a": "1Gi"}, {"a": "500Mi"}, {"a": "2Gi"}], ".a") == [1, 0, 2]
    assert sorting.order([{"a": "n10"}, {"a": "n9"}], "{.a}") == [1, 0]
    with pytest.raises(CommandError, match="couldn't find any field"):
        sorting.order([{"a": 1}], ".b")
