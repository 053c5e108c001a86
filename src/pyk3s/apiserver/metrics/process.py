"""The process' own figures: processor time, memory, open files."""

import os
import pathlib
import resource
import time

from pyk3s.apiserver.metrics import exposition

_SELF = pathlib.Path("/proc/self")
_STARTED = time.time()


def lines() -> list[str]:
    """process_*, as far as this machine tells."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    spent = usage.ru_utime + usage.ru_stime
    figures = [
        ("process_cpu_seconds_total", "counter", "Processor time spent in seconds.", spent),
        ("process_start_time_seconds", "gauge", "Start of the process since 1970 in seconds.", _STARTED),
        ("process_max_fds", "gauge", "Files that may be open.", resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
    ]
    if (_SELF / "statm").exists():
        virtual, resident, *_ = (
            int(text) * os.sysconf("SC_PAGE_SIZE") for text in (_SELF / "statm").read_text().split()
        )
        figures += [
            ("process_resident_memory_bytes", "gauge", "Resident memory in bytes.", resident),
            ("process_virtual_memory_bytes", "gauge", "Virtual memory in bytes.", virtual),
            ("process_open_fds", "gauge", "Open files.", len(list((_SELF / "fd").iterdir()))),
        ]
    return [line for name, kind, told, value in figures for line in exposition.family(name, kind, told, [({}, value)])]
