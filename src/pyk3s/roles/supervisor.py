"""The parent of the server's processes: forks them, restarts what dies with back-off, ends them in order.

It runs no event loop and no thread: it sleeps in sigtimedwait and costs nothing while nothing happens. What the
children share is imported before the first fork and frozen, so that its pages stay shared.

Besides, it does chores: short work at intervals, such as renewing certificates, for which no child needs to be awake.

A child that ends with status FATAL has said why on standard error and would only fail again: the supervisor then ends
everything. It also passes on readiness: a child calls `ready`, the supervisor tells the service manager.
"""

import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pyk3s.host import prctl, service_manager
from pyk3s.lib.backoff import Backoff
from pyk3s.lib.failure import Failure
from pyk3s.lib.log import get_logger

FATAL = 78  # EX_CONFIG of sysexits.h: restarting cannot help
STABLE_S = 60.0  # a child that lived this long starts again at the first delay
STOP_PATIENCE_S = 30.0  # after SIGTERM, before SIGKILL
WATCHED = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1}

log = get_logger("supervisor")


@dataclass
class Child:
    """One process to keep running. `main` gets a function to call when the process serves."""

    name: str
    main: Callable[[Callable[[], None]], None]
    tells_ready: bool = False
    pid: int = 0
    started: float = 0.0
    restart_at: float | None = None
    backoff: Backoff = field(default_factory=lambda: Backoff(0.5, 30))


@dataclass
class Chore:
    """Work to do every so many seconds, after a failure only after the longer pause. It must take little time."""

    name: str
    interval_s: float
    work: Callable[[], None]
    pause_s: float = 3600.0
    due_at: float = 0.0


def supervise(children: Sequence[Child], chores: Sequence[Chore] = ()) -> int:
    """Run until a signal asks to stop or a child fails for good; returns the exit status. Children stop last-first."""
    gc.collect()
    gc.freeze()
    signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    for child in children:
        _start(child)
    status = _watch(children, chores)
    service_manager.notify("STOPPING=1")
    for child in reversed(children):
        _stop(child)
    return status


def _watch(children: Sequence[Child], chores: Sequence[Chore]) -> int:
    for chore in chores:
        chore.due_at = time.monotonic() + chore.interval_s
    while True:
        restarts = [child.restart_at for child in children if child.restart_at is not None]
        due = min([*restarts, *(chore.due_at for chore in chores)], default=None)
        received = _next_signal(due)
        if received in (signal.SIGTERM, signal.SIGINT):
            log.info("stopping", signal=signal.Signals(received).name)
            return 0
        if received == signal.SIGUSR1:
            log.info("ready")
            service_manager.notify("READY=1")
        if _reap(children):
            return 1
        for child in children:
            if child.restart_at is not None and child.restart_at <= time.monotonic():
                _start(child)
        for chore in chores:
            if chore.due_at <= time.monotonic():
                _do(chore)


def _do(chore: Chore) -> None:
    pause = chore.interval_s
    try:
        chore.work()
    except Failure as failure:
        pause = chore.pause_s
        log.error(str(failure), chore=chore.name, next_try_s=pause)
    chore.due_at = time.monotonic() + pause


def _next_signal(due: float | None) -> int | None:
    if due is None:
        return signal.sigwaitinfo(WATCHED).si_signo
    found = signal.sigtimedwait(WATCHED, max(0.0, due - time.monotonic()))
    return found.si_signo if found else None


def _start(child: Child) -> None:
    child.restart_at, child.started = None, time.monotonic()
    supervisor = os.getpid()
    child.pid = os.fork()
    if not child.pid:
        _become(child, supervisor)


def _become(child: Child, supervisor: int) -> None:
    """In the new process: run it and end with it, whatever happens; the parent's stack must never continue here."""
    status = 1
    try:
        prctl.die_with_parent(supervisor)
        prctl.set_name(f"k3s-{child.name}")
        signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)

        def ready() -> None:
            if child.tells_ready:
                os.kill(supervisor, signal.SIGUSR1)

        child.main(ready)
        status = 0
    except Failure as failure:
        log.error(str(failure), process=child.name)
        status = FATAL
    except (KeyboardInterrupt, SystemExit):
        status = 0
    except BaseException:  # noqa: BLE001 - the one place that catches all: the parent restarts this process
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(status)


def _reap(children: Sequence[Child]) -> bool:
    """Collect the dead and plan their restart; True if one failed for good."""
    fatal = False
    for child in children:
        if not child.pid or child.restart_at is not None:
            continue
        pid, status = os.waitpid(child.pid, os.WNOHANG)
        if not pid:
            continue
        child.pid = 0
        code = os.waitstatus_to_exitcode(status)
        if code == FATAL:
            fatal = True
            continue
        lived = time.monotonic() - child.started
        if lived > STABLE_S:
            child.backoff.reset()
        delay = child.backoff.next()
        child.restart_at = time.monotonic() + delay
        log.warning("process ended, restarting it", process=child.name, status=code, delay_s=delay)
    return fatal


def _stop(child: Child) -> None:
    if not child.pid:
        return
    os.kill(child.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_PATIENCE_S
    while not os.waitpid(child.pid, os.WNOHANG)[0]:
        if time.monotonic() > deadline:
            log.warning("process did not stop in time, killing it", process=child.name)
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)
            return
        signal.sigtimedwait({signal.SIGCHLD}, 0.1)
