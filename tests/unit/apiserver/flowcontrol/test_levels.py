"""Seats and queues."""

import asyncio
from typing import Any

import pytest

from pyk3s.apiserver.flowcontrol import levels

QUEUE = {"type": "Queue", "queuing": {"queues": 4, "handSize": 2, "queueLengthLimit": 1}}


def level(name: str, *, shares: int = 1, lendable: int = 0, response: dict[str, Any] | None = None) -> levels.Level:
    limited = {
        "nominalConcurrencyShares": shares,
        "lendablePercent": lendable,
        "limitResponse": response or {"type": "Reject"},
    }
    return levels.Level(name, "u", {"type": "Limited", "limited": limited})


def run(scenario) -> None:
    asyncio.run(scenario())


def test_seats_are_dealt_by_shares() -> None:
    low, high = level("low", shares=1), level("high", shares=3)
    levels.Levels((low, high), seats=8)
    assert (low.nominal, high.nominal) == (2, 6)


def test_without_a_queue_a_full_level_refuses_at_once() -> None:
    async def scenario() -> None:
        only = level("only")
        seats = levels.Levels((only,), seats=1)
        await seats.enter(only, "f", 1)
        with pytest.raises(levels.Refused):
            await seats.enter(only, "f", 1)
        seats.leave(only)
        await seats.enter(only, "f", 1)
        assert (only.busy, only.refused) == (1, 1)

    run(scenario)


def test_a_seat_that_is_given_back_goes_to_who_waits() -> None:
    async def scenario() -> None:
        only = level("only", response=QUEUE)
        seats = levels.Levels((only,), seats=1)
        await seats.enter(only, "f", 1)
        waiting = asyncio.ensure_future(seats.enter(only, "g", 30))
        await asyncio.sleep(0)
        assert only.waiting == 1
        seats.leave(only)
        await waiting
        assert (only.busy, only.waiting) == (1, 0)

    run(scenario)


def test_one_flow_fills_its_hand_and_no_more() -> None:
    async def scenario() -> None:
        only = level("only", response=QUEUE)
        seats = levels.Levels((only,), seats=1)
        await seats.enter(only, "f", 1)
        waiting = [asyncio.ensure_future(seats.enter(only, "f", 30)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(levels.Refused):
            await seats.enter(only, "f", 30)
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert (only.busy, only.waiting) == (1, 0)

    run(scenario)


def test_who_waits_too_long_is_refused_and_leaves_its_queue() -> None:
    async def scenario() -> None:
        only = level("only", response=QUEUE)
        seats = levels.Levels((only,), seats=1)
        await seats.enter(only, "f", 1)
        with pytest.raises(levels.Refused):
            await seats.enter(only, "g", 0)
        assert only.waiting == 0
        seats.leave(only)
        assert only.busy == 0

    run(scenario)


def test_idle_seats_are_lent_only_as_far_as_their_level_allows() -> None:
    async def scenario() -> None:
        busy, idle = level("busy"), level("idle", lendable=50)
        seats = levels.Levels((busy, idle), seats=8)
        for _ in range(6):
            await seats.enter(busy, "f", 1)
        with pytest.raises(levels.Refused):
            await seats.enter(busy, "f", 1)
        await seats.enter(idle, "f", 1)

    run(scenario)


def test_an_exempt_level_never_waits() -> None:
    async def scenario() -> None:
        exempt = levels.Level("exempt", "u", {"type": "Exempt", "exempt": {}})
        seats = levels.Levels((exempt,), seats=0)
        for _ in range(100):
            await seats.enter(exempt, "f", 0)

    run(scenario)
