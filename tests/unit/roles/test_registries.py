"""registries.yaml as a file: absent, asked for, malformed."""

import pytest

from pyk3s.lib.failure import Failure
from pyk3s.roles import registries


def read(path, *, asked=False):
    return registries.read(path, default_endpoint=True, asked=asked)


def test_a_missing_file_is_no_registries_unless_it_was_asked_for(tmp_path):
    assert read(tmp_path / "none").hosts == {}
    with pytest.raises(Failure, match=r"cannot read --private-registry .*: it does not exist"):
        read(tmp_path / "none", asked=True)


def test_what_the_file_says_is_planned(tmp_path):
    path = tmp_path / "registries.yaml"
    path.write_text('mirrors:\n  "*":\n    endpoint: ["https://mirror.example"]\n')
    assert list(read(path).hosts) == ["_default"]


@pytest.mark.parametrize("text", ["mirrors: [", "mirrors: !!python/object:os.system x", "when: 2026-01-31\n", "- a\n"])
def test_a_file_that_is_none_is_named_in_one_line(tmp_path, text):
    path = tmp_path / "registries.yaml"
    path.write_text(text)
    with pytest.raises(Failure, match=r"cannot use .*registries.yaml") as refusal:
        read(path)
    assert "\n" not in str(refusal.value)
