"""Lines of the Prometheus text format. Pure."""

from collections.abc import Iterable, Mapping

Labels = Mapping[str, str]


def family(name: str, kind: str, told: str, samples: Iterable[tuple[Labels, float]]) -> list[str]:
    """The lines of one counter or gauge; none where there are no samples."""
    lines = [sample(name, labels, value) for labels, value in samples]
    return [f"# HELP {name} {told}", f"# TYPE {name} {kind}", *lines] if lines else []


def sample(name: str, labels: Labels, value: float) -> str:
    """One line."""
    shown = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{shown}}} {_number(value)}" if shown else f"{name} {_number(value)}"


def histogram(name: str, labels: Labels, bounds: Iterable[float], counts: Iterable[int], total: float) -> list[str]:
    """The lines of one histogram: `counts` per bucket, the last one beyond every bound; `total` of all values."""
    lines, seen = [], 0
    for bound, count in zip((*map(_number, bounds), "+Inf"), counts, strict=True):
        seen += count
        lines.append(sample(f"{name}_bucket", {**labels, "le": bound}, seen))
    return [*lines, sample(f"{name}_sum", labels, total), sample(f"{name}_count", labels, seen)]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
