"""What of the scheduler can be set."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SchedulerSettings:
    """`name` is the `spec.schedulerName` it serves; `bindings` is how many bindings are under way at once."""

    name: str = "default-scheduler"
    bindings: int = 7  # with the rest no more than the HTTP client keeps open: handshakes cost more than bindings
    batch: int = 64  # decisions between two turns of the event loop
    first_backoff_s: float = 1.0
    most_backoff_s: float = 10.0
