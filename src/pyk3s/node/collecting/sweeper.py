"""Sweeps from time to time: logs and dead containers every minute while pods run, images every five minutes by disk
use.
"""

import pathlib
from collections.abc import Awaitable, Callable

from pyk3s.cri import runtime
from pyk3s.host import machine
from pyk3s.lib import log
from pyk3s.node.collecting import choices, rotation
from pyk3s.node.pods.observed import Container, RuntimePod
from pyk3s.node.pods.services import NodeServices

SWEEP_SECONDS = 60.0
SWEEPS_PER_IMAGE_SWEEP = 5

_log = log.get_logger("collector")
PinnedNames = Callable[[], Awaitable[set[str]]]


class Sweeper:
    """Gives space back on one node."""

    def __init__(self, node: NodeServices, image_root: pathlib.Path, pinned_names: PinnedNames):
        self._node, self._root, self._pinned_names = node, image_root, pinned_names
        self._images: dict[str, choices.ImageUse] = {}
        self.disk_full = False

    async def run(self) -> None:
        """Sweep until cancelled."""
        count = 0
        while True:
            await self._node.time.sleep(SWEEP_SECONDS)
            count += 1
            try:
                everything = await self._node.observer.everything()
                for seen in everything.values():
                    await self._sweep_pod(seen)
                if count % SWEEPS_PER_IMAGE_SWEEP == 0:
                    await self.sweep_images(everything)
            except (runtime.CriError, OSError) as error:
                _log.warning("sweep interrupted", error=error)

    async def _sweep_pod(self, seen: RuntimePod) -> None:
        settings, cri = self._node.settings.collection, self._node.cri
        for container in seen.containers:
            if container.running and container.log_path:
                await self._rotate(container)
        for dead in choices.dead_containers(seen, keep=settings.dead_containers_per_container):
            await cri.remove_container(dead.id)
            for leftover in pathlib.Path(dead.log_path).parent.glob(f"{pathlib.Path(dead.log_path).name}*"):
                leftover.unlink(missing_ok=True)
        for sandbox_id in choices.dead_sandboxes(seen):
            await cri.remove_sandbox(sandbox_id)

    async def _rotate(self, container: Container) -> None:
        settings, cri = self._node.settings.collection, self._node.cri
        await rotation.rotate(
            pathlib.Path(container.log_path),
            most_bytes=settings.log_size,
            most_files=settings.log_files,
            now=self._node.time.time(),
            reopen=lambda: cri.reopen_log(container.id),
        )

    async def sweep_images(self, everything: dict[str, RuntimePod]) -> None:
        """Remove unused images if the disk is above its mark; raises CriError, OSError."""
        settings, now = self._node.settings.collection, self._node.time.time()
        in_use = {each.image_ref for seen in everything.values() for each in seen.containers}
        size, free = machine.disk(self._root)
        wanted = choices.bytes_to_free(
            size, free, high_percent=settings.image_high_percent, low_percent=settings.image_low_percent
        )
        listed = await self._node.cri.images()
        pinned = {self._node.settings.pause_image} | (await self._pinned_names() if wanted else set())
        self._images = choices.uses(listed, self._images, in_use, pinned, now=now)
        chosen = choices.images_to_remove(
            self._images.values(), in_use, wanted=wanted, now=now, least_age_s=settings.image_least_age_s
        )
        for image in chosen:
            await self._node.cri.remove_image(image.id)
            _log.info("unused image removed", image=image.names[0] if image.names else image.id, size=image.size)
        freed = sum(image.size for image in chosen)
        self.disk_full = wanted > 0 and freed < wanted
        if self.disk_full:
            _log.warning("images cannot free enough of the disk", path=self._root, wanted=wanted, freed=freed)
