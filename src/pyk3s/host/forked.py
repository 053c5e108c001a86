"""Forks a process that begins clean: nothing open of the parent's, none of its signal handlers, and no longer alive
than the parent. It runs what it is given and ends without running anything else of the parent's: no event loop, no
clean-up.

Forking happens in the thread that calls; do not call it from a thread pool.
"""

import os
import signal
import sys
from collections.abc import Callable

from pyk3s.host import prctl

_RESET = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
_STANDARD, _MOST_OPEN = 3, 1 << 20  # descriptors: after input, output and errors; above any


def fork(main: Callable[[], int], keep: int) -> int:
    """The pid of a new process that runs `main` and ends with the status it returns; descriptor `keep` stays open."""
    sys.stderr.flush()
    parent = os.getpid()
    pid = os.fork()
    if not pid:
        os._exit(_run(main, keep, parent))
    return pid


def _run(main: Callable[[], int], keep: int, parent: int) -> int:
    try:
        prctl.die_with_parent(parent)
        # A port or a client's connection must not be held on after the parent has let go of it.
        os.closerange(_STANDARD, keep)
        os.closerange(keep + 1, _MOST_OPEN)
        signal.set_wakeup_fd(-1)  # the parent's event loop must not hear of our signals
        for number in _RESET:
            signal.signal(number, signal.SIG_DFL)
        return main()
    except BaseException:  # noqa: BLE001 - a forked child must not run its parent's stack; the parent reports
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
        return 1
