import asyncio
import io
import os
import subprocess
import sys

from pyk3s.host import terminal


def heard(stream):
    async def listen():
        return b"".join([data async for data in terminal.input_of(stream)])

    return asyncio.run(listen())


def test_input_is_read_to_its_end():
    assert heard(io.BytesIO(b"words")) == b"words"


def test_a_reader_that_waits_does_not_keep_the_program_from_ending():
    code = "import asyncio, sys; from pyk3s.host import terminal as t; asyncio.run(asyncio.wait_for("
    code += "anext(t.input_of(sys.stdin.buffer)), 0.05))"
    reading, writing = os.pipe()
    done = subprocess.run([sys.executable, "-c", code], stdin=reading, stderr=subprocess.PIPE, timeout=30)
    os.close(reading)
    os.close(writing)
    assert done.returncode == 1  # it was not answered in time; an abort would be -6
    assert b"TimeoutError" in done.stderr


def test_what_is_no_terminal_has_no_descriptor():
    assert terminal.descriptor(io.BytesIO()) is None
