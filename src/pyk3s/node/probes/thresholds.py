"""When a row of results changes the verdict: so many successes or failures one after another. Pure."""

from dataclasses import dataclass

from pyk3s.node.objects import JSON


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a probe is made and how many results count. Seconds."""

    initial_delay: float
    period: float
    timeout: float
    successes: int
    failures: int


def schedule(probe: JSON) -> Schedule:
    """Of a probe of the API, with the API's defaults."""
    return Schedule(
        initial_delay=float(probe.get("initialDelaySeconds") or 0),
        period=float(probe.get("periodSeconds") or 10),
        timeout=float(probe.get("timeoutSeconds") or 1),
        successes=int(probe.get("successThreshold") or 1),
        failures=int(probe.get("failureThreshold") or 3),
    )


class Tally:
    """Counts equal results in a row; `verdict` is None until one side has enough."""

    def __init__(self, limits: Schedule, verdict: bool | None = None):
        self._limits = limits
        self._last: bool | None = None
        self._row = 0
        self.verdict = verdict

    def add(self, success: bool) -> bool:
        """Count a result; whether the verdict changed."""
        self._row = self._row + 1 if success == self._last else 1
        self._last = success
        enough = self._limits.successes if success else self._limits.failures
        if self._row < enough or self.verdict == success:
            return False
        self.verdict = success
        return True
