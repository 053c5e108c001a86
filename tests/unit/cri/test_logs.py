import asyncio

import pytest

from pyk3s.cri import log_format, logs

STAMP = "2026-01-01T00:00:0{}.000000000Z"


def line(number, text, stream="stdout", tag="F"):
    return f"{STAMP.format(number)} {stream} {tag} {text}\n".encode()


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "0.log"
    path.write_bytes(
        line(1, "one") + line(2, "tw", tag="P") + line(2, "o") + line(3, "three", "stderr") + line(4, "four")
    )
    return path


def read(path, running=lambda: False, **query):
    wanted = logs.options({key: str(value) for key, value in query.items()}, now=1767225605.0)

    async def collect():
        return b"".join([chunk async for chunk in logs.read(path, wanted, running=running, time=Steps())]).decode()

    return asyncio.run(collect())


class Steps:
    """A clock whose sleeps do nothing but let others run."""

    async def sleep(self, seconds):
        await asyncio.sleep(0)


def test_the_whole_log(log):
    assert read(log) == "one\ntwo\nthree\nfour\n"


def test_the_last_lines_count_split_ones_once(log):
    assert read(log, tailLines=3) == "two\nthree\nfour\n"
    assert read(log, tailLines=0) == ""
    assert read(log, tailLines=99) == "one\ntwo\nthree\nfour\n"


def test_choices(log):
    assert read(log, limitBytes=5) == "one\nt"
    assert read(log, stream="Stderr") == "three\n"
    assert read(log, sinceTime="2026-01-01T00:00:03Z") == "three\nfour\n"
    assert read(log, sinceSeconds=1) == "four\n"
    assert read(log, tailLines=1, timestamps="true") == "2026-01-01T00:00:04.000000000Z four\n"


def test_a_split_line_is_stamped_once(log):
    assert read(log, timestamps="true").splitlines()[1] == "2026-01-01T00:00:02.000000000Z two"


def test_rotated_files_come_first(log):
    log.with_name("0.log.20251231-000000").write_bytes(line(0, "zero"))
    assert read(log).startswith("zero\none\n")


def test_following_reads_what_comes_until_the_container_ends(log):
    left = iter([True, True, True, False])

    def running():
        alive = next(left, False)
        if alive:
            with log.open("ab") as file:
                file.write(line(5, "more"))
        return alive

    assert read(log, running, follow="true", tailLines=1) == "four\n" + "more\n" * 3


def test_bad_options_are_told():
    for query in ({"tailLines": "x"}, {"sinceTime": "yesterday"}):
        with pytest.raises(logs.BadOption):
            logs.options(query, 0.0)


def test_the_tail_is_found_over_many_blocks(tmp_path):
    path = tmp_path / "0.log"
    path.write_bytes(b"".join(line(1, f"{number:05}" + "x" * 100) for number in range(5000)))
    assert log_format.tail_text(path, 2, 10_000).startswith("04998x")
    assert log_format.tail_offset(path, 4999) == len(line(1, "00000" + "x" * 100))
    assert log_format.tail_offset(path, 5000) == 0


def test_what_is_no_entry_is_skipped():
    assert list(log_format.entries(b"rubbish\n")) == []
