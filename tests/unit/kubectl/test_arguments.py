"""Flags are read as kubectl's own library reads them."""

import pytest

from pyk3s.kubectl import arguments
from pyk3s.kubectl.arguments import DURATION, EACH, LIST, NUMBER, SWITCH, Flag

FLAGS = (
    Flag("output", "o"),
    Flag("watch", "w", SWITCH),
    Flag("stdin", "i", SWITCH),
    Flag("tail", "", NUMBER, "-1"),
    Flag("timeout", "", DURATION, "0s"),
    Flag("filename", "f", LIST),
    Flag("from-literal", "", EACH),
    Flag("cascade", default="background", bare="background"),
)


def _parse(*words: str) -> arguments.Parsed:
    return arguments.parse(FLAGS, words)


def test_flags_stand_anywhere_among_the_words():
    parsed = _parse("-o", "yaml", "pods", "--watch", "web")
    assert parsed.words == ["pods", "web"]
    assert parsed.flags.text("output") == "yaml" and parsed.flags.on("watch")


@pytest.mark.parametrize("words", [["-oyaml"], ["-o=yaml"], ["--output", "yaml"], ["--output=yaml"], ["-wo", "yaml"]])
def test_a_value_follows_in_each_of_kubectls_ways(words):
    assert _parse(*words).flags.text("output") == "yaml"


def test_a_flag_with_a_bare_meaning_takes_no_word():
    parsed = _parse("--cascade", "web")
    assert parsed.words == ["web"] and parsed.flags.text("cascade") == "background"


def test_what_follows_two_dashes_are_words():
    parsed = _parse("web", "--", "ls", "-o", "--nonsense")
    assert parsed.words == ["web", "ls", "-o", "--nonsense"] and parsed.before_dash == 1


def test_lists_are_split_at_commas_and_single_values_are_not():
    flags = _parse("-f", "a,b", "-f", "c", "--from-literal", "x=1,2").flags
    assert flags.many("filename") == ["a", "b", "c"]
    assert flags.many("from-literal") == ["x=1,2"]


def test_a_switch_can_be_turned_off():
    assert not _parse("--watch=false").flags.on("watch")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--nonsense"], "unknown flag: --nonsense"),
        (["-wx"], "unknown shorthand flag: 'x' in -wx"),
        (["--output"], "flag needs an argument: --output"),
        (["-o"], "flag needs an argument: 'o' in -o"),
        (["--tail=x"], 'invalid argument "x" for "--tail" flag: strconv.ParseInt: parsing "x": invalid syntax'),
        (["-w=x"], 'invalid argument "x" for "-w, --watch" flag: strconv.ParseBool: parsing "x": invalid syntax'),
        (["--timeout=5"], 'invalid argument "5" for "--timeout" flag: time: missing unit in duration "5"'),
    ],
)
def test_wrong_flags_are_complained_of_in_kubectls_words(words, complaint):
    with pytest.raises(arguments.FlagError) as error:
        _parse(*words)
    assert str(error.value) == complaint
