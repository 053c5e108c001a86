"""Counting wrong guesses: per source, forgiving with time, in a table that strangers cannot make grow."""

from pyk3s.joining.serving import attempts


class Time:
    now = 1000.0

    def __call__(self):
        return self.now


def counted():
    time = Time()
    return attempts.Attempts(b"key", time), time


def fail(guesses, source, times):
    for _ in range(times):
        guesses.failed(source)


def test_a_few_failures_are_forgiven():
    guesses, _ = counted()
    fail(guesses, "192.0.2.1", attempts.MOST - 1)
    assert guesses.wait("192.0.2.1") == 0


def test_who_is_wrong_too_often_is_not_heard_until_time_has_passed():
    guesses, time = counted()
    fail(guesses, "192.0.2.1", attempts.MOST)
    assert guesses.wait("192.0.2.1") == attempts.FORGIVEN_S
    time.now += attempts.FORGIVEN_S
    assert guesses.wait("192.0.2.1") == 0


def test_a_flood_of_failures_does_not_lock_a_source_out_for_long():
    guesses, time = counted()
    fail(guesses, "192.0.2.1", 10_000)
    time.now += attempts.FORGIVEN_S
    assert guesses.wait("192.0.2.1") == 0


def test_the_rate_of_guesses_is_bounded():
    guesses, time = counted()
    heard = 0
    for _ in range(3600):
        time.now += 1
        if not guesses.wait("192.0.2.1"):
            guesses.failed("192.0.2.1")
            heard += 1
    assert heard <= 3600 / attempts.FORGIVEN_S + attempts.MOST


def test_other_sources_are_heard():
    guesses, _ = counted()
    fail(guesses, "192.0.2.1", attempts.MOST)
    assert guesses.wait("192.0.2.2") == 0


def test_an_ipv6_network_is_one_source():
    guesses, _ = counted()
    fail(guesses, "2001:db8::1", attempts.MOST)
    assert guesses.wait("2001:db8::ffff") > 0
    assert guesses.wait("2001:db8:0:1::1") == 0


def test_the_table_does_not_grow():
    guesses, _ = counted()
    before = len(guesses._failures)
    for number in range(5000):
        guesses.failed(f"10.0.{number // 256}.{number % 256}")
    assert len(guesses._failures) == before == attempts.SLOTS
