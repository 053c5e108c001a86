from pyk3s.node.pods.crashes import CrashBackoff


def test_the_first_restart_is_at_once_then_delays_double_up_to_five_minutes():
    backoff, now, delays = CrashBackoff(), 0.0, []
    for _ in range(8):
        delays.append(backoff.delay("c", now, now))
        now = backoff.ready_at("c", now, now)
        backoff.restarted("c", now, now)
    assert delays == [0, 10, 20, 40, 80, 160, 300, 300]


def test_ten_quiet_minutes_make_it_forget():
    backoff = CrashBackoff()
    backoff.restarted("c", 0.0, 0.0)
    assert backoff.delay("c", 599.0, 599.0) == 10
    assert backoff.delay("c", 601.0, 601.0) == 0


def test_containers_do_not_share_delays():
    backoff = CrashBackoff()
    backoff.restarted("a", 0.0, 0.0)
    assert backoff.delay("b", 1.0, 1.0) == 0
