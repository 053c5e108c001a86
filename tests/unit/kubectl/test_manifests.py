"""Files are read document by document, and what is no object is refused by name."""

import io

import pytest

from pyk3s.kubectl import manifests, targets
from pyk3s.kubectl.arguments import Flags
from pyk3s.kubectl.command import Call
from pyk3s.kubectl.context import Context
from pyk3s.kubectl.errors import CommandError

ONE = "{apiVersion: v1, kind: ConfigMap, metadata: {name: %s}}"


def _read(text="", *names, recursive=False):
    given = {"filename": list(names) or ["-"], "recursive": ["true" if recursive else "false"]}
    context = Context(io.StringIO(), io.StringIO(), io.BytesIO(text.encode()), {})
    found = manifests.read(Call(context, Flags(manifests.FLAGS, given), [], None, "apply"))
    return [each.object["metadata"]["name"] for each in found]


def test_a_stream_has_any_number_of_documents_and_empty_ones_do_not_count():
    assert _read(f"---\n{ONE % 'a'}\n---\n# nothing\n---\n{ONE % 'b'}\n--- \n") == ["a", "b"]


def test_json_documents_follow_each_other_without_a_line_between_them():
    one = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}'
    assert _read(one + "\n" + one.replace('"a"', '"b"')) == ["a", "b"]


def test_a_stream_that_begins_with_a_brace_may_be_yaml():
    assert _read(f"{ONE % 'a'}\n---\n{ONE % 'b'}") == ["a", "b"]


def test_lists_are_opened():
    assert _read(f"{{apiVersion: v1, kind: List, items: [{ONE % 'a'}, {ONE % 'b'}]}}") == ["a", "b"]


def test_a_selector_picks_objects_by_their_labels():
    labelled = ONE.replace("name: %s", "name: %s, labels: {x: z}")
    context = Context(io.StringIO(), io.StringIO(), io.BytesIO(f"{ONE % 'a'}\n---\n{labelled % 'b'}".encode()), {})
    flags = Flags((*manifests.FLAGS, targets.SELECTOR), {"filename": ["-"], "selector": ["x=z"]})
    assert [each.object["metadata"]["name"] for each in manifests.read(Call(context, flags, [], None, "apply"))] == [
        "b"
    ]


def test_a_folder_gives_its_files_in_order_and_deeper_ones_on_request(tmp_path):
    (tmp_path / "b.yaml").write_text(ONE % "b")
    (tmp_path / "a.yml").write_text(ONE % "a")
    (tmp_path / "c.txt").write_text("not read")
    (tmp_path / "below").mkdir()
    (tmp_path / "below/d.yaml").write_text(ONE % "d")
    assert _read("", str(tmp_path)) == ["a", "b"]
    assert set(_read("", str(tmp_path), recursive=True)) == {"a", "b", "d"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("just text", "invalid object to validate"),
        ("- a", "invalid object to validate"),
        ("kind: X", "apiVersion not set"),
        ("{a: 1}", "apiVersion not set, kind not set"),
        ("{apiVersion: 1, kind: X}", "apiVersion is not text"),
        ("{apiVersion: v1, kind: X, metadata: y}", "metadata is not a mapping"),
        ("{apiVersion: v1, kind: X, metadata: {annotations: [a]}}", "annotations is not a mapping"),
        ("{apiVersion: v1, kind: X, metadata: {labels: [a]}}", "labels is not a mapping"),
        ("a: [", "error converting YAML to JSON"),
        ("a: &a [*a]", "YAML"),
    ],
)
def test_what_is_no_object_is_refused(text, why):
    with pytest.raises(CommandError, match=why):
        _read(text)


@pytest.mark.parametrize(
    ("name", "why"), [("/nowhere", "does not exist"), ("https://x.test/y.yaml", "refused by the built-in kubectl")]
)
def test_what_cannot_be_read_is_refused(name, why):
    with pytest.raises(CommandError, match=why):
        _read("", name)
