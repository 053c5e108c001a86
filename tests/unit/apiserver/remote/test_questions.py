"""Questions to others: asked once at a time, remembered, bounded."""

import asyncio

import pytest

from pyk3s.api import status
from pyk3s.apiserver import identity
from pyk3s.apiserver.remote import questions


class Clock:
    now = 100.0

    def monotonic(self):
        return self.now


class Party:
    """Answers with how often it has been asked, when it is let."""

    def __init__(self, holds_s=10.0):
        self.clock, self.holds_s, self.asked = Clock(), holds_s, 0
        self.let = asyncio.Event()
        self.let.set()
        self.questions = questions.Questions("test", self.clock)

    def answer(self, key="k"):
        return self.questions.answer(key, self.ask)

    async def ask(self):
        self.asked += 1
        await self.let.wait()
        return questions.Told(self.asked, self.holds_s)

    async def settled(self, key="k"):
        try:
            return self.answer(key)
        except identity.Unsettled as question:
            await question.settle()
            return self.answer(key)


def run(work):
    async def main():
        party = Party()
        try:
            await work(party)
        finally:
            await party.questions.close()

    asyncio.run(main())


def test_an_answer_is_remembered_for_as_long_as_it_holds():
    async def work(party):
        assert [await party.settled(), await party.settled()] == [1, 1]
        party.clock.now += 10
        assert await party.settled() == 2

    run(work)


def test_an_answer_that_does_not_hold_is_there_for_who_waited():
    async def work(party):
        party.holds_s = 0
        assert await party.settled() == 1
        party.clock.now += questions.LEAST_S
        assert await party.settled() == 2

    run(work)


def test_many_who_ask_the_same_share_one_question():
    async def work(party):
        party.let.clear()
        asking = [asyncio.ensure_future(party.settled()) for _ in range(20)]
        await asyncio.sleep(0)
        party.let.set()
        assert await asyncio.gather(*asking) == [1] * 20

    run(work)


def test_only_so_many_questions_are_open_at_a_time():
    async def work(party):
        party.let.clear()
        asking = [asyncio.ensure_future(party.settled(each)) for each in range(questions.MOST_OPEN)]
        await asyncio.sleep(0)
        with pytest.raises(status.StatusError) as refusal:
            await party.settled("one more")
        assert refusal.value.code == 429
        party.let.set()
        await asyncio.gather(*asking)

    run(work)


def test_only_so_many_answers_are_remembered(monkeypatch):
    monkeypatch.setattr(questions, "REMEMBERED", 3)

    async def work(party):
        for key in range(10):
            await party.settled(key)
        assert len(party.questions._known) == 3

    run(work)


def test_who_gives_up_does_not_take_the_question_from_others():
    async def work(party):
        party.let.clear()
        first, second = (asyncio.ensure_future(party.settled()) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        party.let.set()
        assert await second == 1

    run(work)
