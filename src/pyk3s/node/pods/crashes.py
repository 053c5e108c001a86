"""Restart delays of containers that end: at once the first time, then 10 s doubling to 300 s; forgotten after 10
quiet minutes.

The numbers are the kubelet's. Values in, values out: the caller brings the time.
"""

FIRST_SECONDS = 10.0
MOST_SECONDS = 300.0
QUIET_SECONDS = 600.0


class CrashBackoff:
    """The delays of the containers of one pod, by name."""

    def __init__(self, first: float = FIRST_SECONDS, most: float = MOST_SECONDS, quiet: float = QUIET_SECONDS):
        self._first, self._most, self._quiet = first, most, quiet
        self._delays: dict[str, tuple[float, float]] = {}

    def ready_at(self, name: str, finished_at: float, now: float) -> float:
        """The moment from which a container that ended at `finished_at` may run again."""
        return finished_at + self.delay(name, finished_at, now)

    def delay(self, name: str, finished_at: float, now: float) -> float:
        """The delay in force, in seconds; 0 where the container has not been restarted or was long enough in order."""
        delay, restarted_at = self._delays.get(name, (0.0, 0.0))
        ran = max(finished_at, restarted_at) - restarted_at if finished_at else now - restarted_at
        return 0.0 if ran > self._quiet else delay

    def restarted(self, name: str, finished_at: float, now: float) -> None:
        """Note a restart: the next one waits twice as long."""
        before = self.delay(name, finished_at, now)
        self._delays[name] = (min(self._most, before * 2) if before else self._first, now)
