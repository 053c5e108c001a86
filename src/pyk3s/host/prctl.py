"""What a process says of itself to the kernel: its name, and the signal it gets when its parent dies."""

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1  # linux/prctl.h
PR_SET_NAME = 15


def die_with_parent(parent: int, by: signal.Signals = signal.SIGKILL) -> None:
    """Ask for a signal when the parent process ends; `parent` is its pid, to catch that it already has."""
    _prctl(PR_SET_PDEATHSIG, int(by))
    if os.getppid() != parent:
        os.kill(os.getpid(), by)


def set_name(name: str) -> None:
    """The name that `ps` and `top` show; the kernel keeps 15 bytes."""
    _prctl(PR_SET_NAME, ctypes.create_string_buffer(name.encode()[:15]))


def _prctl(option: int, value: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
