"""Rotation of the audit log's file."""

import os
import stat

import pytest

from pyk3s.apiserver.audit import files

LINE = b"x" * (files.MEBIBYTE // 2 - 1) + b"\n"


class Time:
    def __init__(self):
        self.now = 1_800_000_000.0

    def __call__(self):
        self.now += 1
        return self.now


def filled(folder, lines, time=None, **rotation):
    log = files.LogFile(folder / "audit.log", files.Rotation(1, **rotation), time or Time())
    for _ in range(lines):
        log.write(LINE)
    log.close()
    return sorted(path.name for path in folder.iterdir())


def test_a_full_file_is_set_aside_under_its_time(tmp_path):
    assert filled(tmp_path, 3) == ["audit-2027-01-15T08-00-01.000.log", "audit.log"]
    assert (tmp_path / "audit.log").read_bytes() == LINE


def test_only_so_many_backups_stay_and_the_oldest_go(tmp_path):
    names = filled(tmp_path, 11, backups=2)
    assert len(names) == 3
    assert names[0] > "audit-2027-01-15T08-00-04"


def test_backups_that_are_too_old_go(tmp_path):
    old = tmp_path / "audit-2026-01-01T00-00-00.000.log"
    old.write_bytes(b"")
    os.utime(old, (1_700_000_000, 1_700_000_000))
    assert old.name not in filled(tmp_path, 1, age_days=30)


def test_other_files_beside_the_log_stay(tmp_path):
    (tmp_path / "audit-notes.log").write_text("mine")
    assert "audit-notes.log" in filled(tmp_path, 11, backups=1)


def test_a_log_is_continued_after_a_restart(tmp_path):
    filled(tmp_path, 1)
    assert filled(tmp_path, 1) == ["audit.log"]
    assert (tmp_path / "audit.log").read_bytes() == LINE * 2


def test_only_its_owner_may_read_the_log(tmp_path):
    filled(tmp_path, 1)
    assert stat.S_IMODE((tmp_path / "audit.log").stat().st_mode) == 0o600


def test_a_line_that_does_not_fit_on_the_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    log = files.LogFile(tmp_path / "audit.log", files.Rotation(), Time())
    log.write(b"whole\n")
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:3]))
    with pytest.raises(OSError, match="3 of 6 bytes"):
        log.write(b"other\n")
    log.close()
    assert (tmp_path / "audit.log").read_bytes() == b"whole\n"
