"""What the C library does with memory that is freed: glibc gives the top of its heap back to the kernel at once, page
by page, and takes it again for the next large buffer. For a process that makes one after the other that is half of the
work: a list of 500 pods is 1.2 MB.
"""

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h


def keep(spare: int, largest: int) -> bool:
    """Keep up to `spare` bytes at the top of the heap, from which blocks of up to `largest` are taken.

    False where the C library cannot be told (musl).
    """
    libc = ctypes.CDLL(None)
    try:
        mallopt = libc.mallopt
    except AttributeError:
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, largest)) and bool(mallopt(M_TRIM_THRESHOLD, spare))
