"""Which webhooks are asked again in the second pass."""

from typing import NamedTuple

from pyk3s.apiserver.admission.passes import Passes


class Hook(NamedTuple):
    name: str
    reinvokes: bool


FIRST, SECOND, ONCE = Hook("first", True), Hook("second", True), Hook("once", False)


def after_first_pass(*, changing: Hook, obj: dict[str, str]) -> Passes:
    passes = Passes()
    passes.begin(obj)
    for hook in (FIRST, ONCE, SECOND):
        passes.asked(hook, changed=hook is changing)
    passes.end(obj)
    passes.is_second = True
    return passes


def test_without_changes_there_is_no_second_pass() -> None:
    assert not after_first_pass(changing=Hook("none", True), obj={}).changed


def test_those_before_the_change_are_asked_again_if_they_wish() -> None:
    passes = after_first_pass(changing=SECOND, obj={})
    passes.begin({})
    assert passes.changed
    assert [passes.skips(hook) for hook in (FIRST, ONCE, SECOND)] == [False, True, True]


def test_what_built_in_plug_ins_change_in_between_is_shown_to_all_who_wish() -> None:
    passes = after_first_pass(changing=SECOND, obj={"a": "1"})
    passes.begin({"a": "2"})
    assert [passes.skips(hook) for hook in (FIRST, ONCE, SECOND)] == [False, True, False]
