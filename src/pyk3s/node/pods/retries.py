"""What could not be done and when to try again: by subject (a container's name, `volumes`, or the pod as a whole).
Pure.
"""

from pyk3s.lib import backoff
from pyk3s.node.pods.container_status import Trouble

PULL_FIRST, PULL_MOST = 10.0, 300.0  # as the kubelet backs off from registries
FIRST, MOST = 0.5, 60.0
PULLING = ("ErrImagePull", "ImagePullBackOff")


class Retries:
    """Failures of one pod that are waited out."""

    def __init__(self) -> None:
        self._delays: dict[str, backoff.Backoff] = {}
        self._until: dict[str, float] = {}
        self._troubles: dict[str, Trouble] = {}
        self._shown_at: dict[str, float] = {}

    def failed(self, subject: str, now: float, reason: str = "", message: str = "") -> float:
        """Note a failure; the seconds to wait. A reason becomes what the container's status shows."""
        if subject not in self._delays:
            pulling = reason in PULLING
            self._delays[subject] = backoff.Backoff(PULL_FIRST if pulling else FIRST, PULL_MOST if pulling else MOST)
        delay = self._delays[subject].next()
        self._until[subject] = now + delay
        if reason:
            self._troubles[subject] = Trouble(reason, message)
        return delay

    def succeeded(self, subject: str) -> None:
        self._delays.pop(subject, None)
        self._until.pop(subject, None)
        self._troubles.pop(subject, None)

    def clear(self) -> None:
        """The pod changed: try everything at once."""
        self._until.clear()

    def until(self, subject: str, now: float) -> float:
        """When to try again; `now` where nothing failed."""
        return self._until.get(subject, now)

    def next_due(self, now: float) -> float | None:
        """The first moment at which something may be tried again."""
        return min((at for at in self._until.values() if at > now), default=None)

    def troubles(self, now: float) -> dict[str, Trouble]:
        """By container: why it waits. While a pull is backed off, that is said instead of the error."""
        return {name: self._shown(name, trouble, now) for name, trouble in self._troubles.items()}

    def _shown(self, name: str, trouble: Trouble, now: float) -> Trouble:
        if trouble.reason == "ErrImagePull" and self._until.get(name, 0.0) > now and name in self._shown_at:
            return Trouble("ImagePullBackOff", f"Back-off pulling: {trouble.message}")
        if trouble.reason == "ErrImagePull":
            self._shown_at[name] = now
        return trouble
