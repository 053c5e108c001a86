"""What differs, for people who read an error message."""

from pyk3s.api.validation import differences


def test_changes_are_told_by_path() -> None:
    old = {"a": 1, "list": [{"b": "x"}], "gone": True}
    new = {"a": 1, "list": [{"b": "y"}]}
    expected = '@@ -1,2 +1,1 @@\n-gone: true\n-list[0].b: "x"\n+list[0].b: "y"\n'
    assert differences.describe(old, new) == expected


def test_a_long_story_is_cut() -> None:
    assert differences.describe({}, {str(key): 1 for key in range(1000)}).count("\n") == differences.MOST_LINES + 1
