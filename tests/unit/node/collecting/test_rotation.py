import asyncio
import gzip

import pytest

from pyk3s.node.collecting import rotation


def rotate(path, reopen, *, now=0.0):
    return asyncio.run(rotation.rotate(path, most_bytes=10, most_files=3, now=now, reopen=reopen))


async def nothing():
    pass


def test_short_and_absent_logs_stay(tmp_path):
    log = tmp_path / "0.log"
    assert not rotate(log, nothing)
    log.write_bytes(b"short")
    assert not rotate(log, nothing)


def test_old_logs_are_packed_and_the_oldest_go(tmp_path):
    log = tmp_path / "0.log"
    for round_ in range(4):
        log.write_bytes(b"%d" % round_ * 20)
        assert rotate(log, nothing, now=round_ * 100.0)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["0.log.19700101-000320.gz", "0.log.19700101-000500"]
    assert gzip.decompress((tmp_path / "0.log.19700101-000320.gz").read_bytes()) == b"2" * 20


def test_the_log_stays_where_the_runtime_cannot_open_another(tmp_path):
    log = tmp_path / "0.log"
    log.write_bytes(b"x" * 20)

    async def refuse():
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        rotate(log, refuse)
    assert log.read_bytes() == b"x" * 20
