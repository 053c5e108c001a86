from pyk3s.node.probes.thresholds import Tally, schedule


def test_defaults_are_those_of_the_api():
    made = schedule({})
    assert (made.initial_delay, made.period, made.timeout, made.successes, made.failures) == (0, 10, 1, 1, 3)


def test_a_verdict_needs_enough_equal_results_in_a_row():
    tally = Tally(schedule({"failureThreshold": 2, "successThreshold": 2}))
    assert [tally.add(result) for result in (True, False, True, True)] == [False, False, False, True]
    assert tally.verdict is True
    assert [tally.add(result) for result in (False, True, False, False)] == [False, False, False, True]
    assert tally.verdict is False


def test_what_confirms_the_verdict_is_no_change():
    tally = Tally(schedule({}), verdict=True)
    assert not tally.add(True)
