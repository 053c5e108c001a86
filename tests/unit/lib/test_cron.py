"""When a schedule is due next. What a malformed one is told stands with the rules of CronJobs."""

import datetime
import zoneinfo

import pytest

from pyk3s.lib import cron

UTC = datetime.UTC


def after(schedule: str, start: str, zone: datetime.tzinfo = UTC) -> str:
    begin = datetime.datetime.fromisoformat(start).replace(tzinfo=zone).timestamp()
    found = cron.next_after(cron.parse(schedule), begin, zone)
    assert found is not None
    return datetime.datetime.fromtimestamp(found, zone).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("schedule", "start", "due"),
    [
        ("0 */12 * * *", "2026-01-31 11:59:59", "2026-01-31 12:00"),
        ("0 */12 * * *", "2026-01-31 12:00:00", "2026-02-01 00:00"),
        ("*/15 * * * *", "2026-01-31 12:46", "2026-01-31 13:00"),
        ("5,10-12 3 * * *", "2026-01-31 03:10:30", "2026-01-31 03:11"),
        ("0 0 29 feb *", "2026-01-01 00:00", "2028-02-29 00:00"),
        ("0 0 * * mon", "2026-01-31 00:00", "2026-02-02 00:00"),
        ("0 0 13 * fri", "2026-02-01 00:00", "2026-02-06 00:00"),
        ("@monthly", "2026-12-05 00:00", "2027-01-01 00:00"),
        ("@every 1h30m", "2026-01-31 00:00", "2026-01-31 01:30"),
    ],
)
def test_the_next_time_is_the_first_that_fits(schedule, start, due):
    assert after(schedule, start) == due


def test_a_day_that_never_comes_has_no_next_time():
    assert cron.next_after(cron.parse("0 0 30 2 *"), 0.0, UTC) is None


def test_the_next_time_follows_the_clock_of_its_zone_through_a_change():
    berlin = zoneinfo.ZoneInfo("Europe/Berlin")
    assert after("0 12 * * *", "2026-03-28 13:00", berlin) == "2026-03-29 12:00"


def test_an_hour_that_the_clock_repeats_comes_once():
    berlin = zoneinfo.ZoneInfo("Europe/Berlin")
    first = datetime.datetime(2026, 10, 25, 2, 30, tzinfo=berlin).timestamp()
    found = cron.next_after(cron.parse("30 2 * * *"), first, berlin)
    assert datetime.datetime.fromtimestamp(found or 0, berlin).strftime("%d %H:%M") == "26 02:30"
