"""Random bytes fetched in advance."""

import os

from pyk3s.lib import randomness


def test_no_draw_is_like_another():
    drawn = [randomness.draw() for _ in range(1000)]
    assert {len(each) for each in drawn} == {randomness.SIZE}
    assert len(set(drawn)) == len(drawn)


def test_a_forked_process_draws_its_own():
    randomness.draw()
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        os.write(writer, randomness.draw())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as told:
        theirs = told.read()
    os.waitpid(child, 0)
    assert len(theirs) == randomness.SIZE
    assert theirs != randomness.draw()
