"""What may go. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyk3s.node.objects import JSON
from pyk3s.node.pods.observed import Container, RuntimePod


def dead_containers(seen: RuntimePod, *, keep: int) -> list[Container]:
    """Ended containers that have a successor, but for the `keep` newest of each name."""
    gone: list[Container] = []
    for name in {each.name for each in seen.containers}:
        older = [each for each in seen.containers if each.name == name][1:]
        ended = [each for each in older if each.state != "running"]
        gone += ended[keep:]
    return gone


def dead_sandboxes(seen: RuntimePod) -> list[str]:
    """Stopped sandboxes that have a successor and no container left."""
    used = {each.sandbox_id for each in seen.containers}
    return [each.id for each in seen.sandboxes[1:] if not each.ready and each.id not in used]


@dataclass(frozen=True, slots=True)
class ImageUse:
    """One image and what is known of its use. Bytes; seconds since 1970."""

    id: str
    names: tuple[str, ...]
    size: int
    pinned: bool
    first_seen: float
    last_used: float


def bytes_to_free(size: int, free: int, *, high_percent: int, low_percent: int) -> int:
    """How much image space must go: below the high mark nothing, above it down to the low one."""
    used = size - free
    if not size or used * 100 < size * high_percent:
        return 0
    return used - size * low_percent // 100


def images_to_remove(
    held: Iterable[ImageUse], in_use: set[str], *, wanted: int, now: float, least_age_s: float
) -> list[ImageUse]:
    """Unused, unpinned images that are old enough, those unused longest first, until `wanted` bytes are freed."""
    idle = [each for each in held if not each.pinned and each.id not in in_use and now - each.first_seen >= least_age_s]
    chosen: list[ImageUse] = []
    for image in sorted(idle, key=lambda each: (each.last_used, each.first_seen)):
        if wanted <= 0:
            break
        chosen.append(image)
        wanted -= image.size
    return chosen


def uses(
    listed: Sequence[JSON], before: Mapping[str, ImageUse], in_use: set[str], pinned_names: set[str], *, now: float
) -> dict[str, ImageUse]:
    """The images as listed by CRI, with what was known of them before."""
    made = {}
    for image in listed:
        known = before.get(image["id"])
        names = (*(image.get("repo_tags") or ()), *(image.get("repo_digests") or ()))
        made[image["id"]] = ImageUse(
            id=image["id"],
            names=names,
            size=int(image.get("size", 0)),
            pinned=bool(image.get("pinned")) or any(name in pinned_names for name in names),
            first_seen=known.first_seen if known else now,
            last_used=now if image["id"] in in_use else (known.last_used if known else 0.0),
        )
    return made
