"""Memory that is freed and taken again, seen by the kernel, in a process that has nothing else on its heap."""

import subprocess
import sys

import pytest

WORK = """
import resource
from pyk3s.host import allocator
if {keep} and not allocator.keep(8 << 20, 4 << 20):
    print(-1)
else:
    for number in range(30):
        held = [bytes([number]) * (1 << 20) for _ in range(6)]
        del held
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""


def page_faults(*, keep: bool) -> int:
    """Of a process that takes some large blocks and frees them, again and again."""
    words = [sys.executable, "-c", WORK.format(keep=keep)]
    return int(subprocess.run(words, check=True, capture_output=True).stdout)


def test_a_kept_heap_is_not_taken_from_the_kernel_again_and_again():
    kept = page_faults(keep=True)
    if kept < 0:
        pytest.skip("this C library cannot be told")
    assert kept < page_faults(keep=False) / 5
