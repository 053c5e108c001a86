import pytest

from pyk3s.crictl import arguments
from pyk3s.crictl.arguments import Flag
from pyk3s.lib.failure import Failure

FLAGS = (
    Flag("interactive", "", "i"),
    Flag("tty", "", "t"),
    Flag("last", "", "n", "number", "0"),
    Flag("label", "", "", "v"),
)


def parse(*words):
    return arguments.parse(words, FLAGS, "crictl exec")


def test_flags_end_at_the_first_word_that_is_none():
    given = parse("-i", "box", "ls", "-l")
    assert (given.on("interactive"), given.on("tty")) == (True, False)
    assert given.operands == ["box", "ls", "-l"]


def test_switches_of_one_letter_may_be_joined():
    given = parse("-it", "box")
    assert given.on("interactive")
    assert given.on("tty")


def test_values_stand_apart_or_behind_an_equals_sign():
    assert parse("-n", "3").number("last") == parse("--last=3").number("last") == 3
    assert parse("--label", "a=1", "--label=b=2").all("label") == ["a=1", "b=2"]


def test_a_switch_can_be_turned_off():
    assert not parse("--tty=false").on("tty")


@pytest.mark.parametrize("words", [("--nothing",), ("-ix",), ("-",) * 0 + ("-in",)])
def test_unknown_flags_are_refused(words):
    with pytest.raises(Failure, match="unknown flag"):
        parse(*words)


def test_a_flag_without_its_value_is_refused():
    with pytest.raises(Failure, match="--last needs a value"):
        parse("--last")
    with pytest.raises(Failure, match="a number is wanted"):
        parse("--last", "x").number("last")
