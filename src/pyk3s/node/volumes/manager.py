"""Prepares the volumes of a pod before its containers start, refreshes their files, and takes everything away at the
end.
"""

import asyncio
import pathlib
import shutil
from dataclasses import dataclass
from typing import Protocol

from pyk3s.client import errors
from pyk3s.host import mounts
from pyk3s.node import objects
from pyk3s.node.containers import expansion, fields
from pyk3s.node.containers.requests import Mount, short_hash
from pyk3s.node.objects import JSON
from pyk3s.node.volumes import atomic, kinds, payloads, subpaths
from pyk3s.node.volumes.payloads import NotReady, Reference
from pyk3s.node.volumes.tokens import Tokens

PROPAGATION = {"None": 0, "HostToContainer": 1, "Bidirectional": 2}


class Objects(Protocol):
    """Where ConfigMaps and Secrets come from."""

    async def get(self, key: tuple[str, str, str], user: str) -> JSON | None: ...
    def done(self, user: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Volumes:
    """Volumes of the pods under one folder, `<pods>/<uid>`."""

    pods_dir: pathlib.Path
    source: Objects
    tokens: Tokens

    def folder(self, uid: str) -> pathlib.Path:
        return self.pods_dir / uid

    async def prepare(self, pod: objects.Pod, place: fields.Place) -> None:
        """Bring every volume of the pod to its present content; raises NotReady."""
        group = (pod.spec.get("securityContext") or {}).get("fsGroup")
        for volume in pod.spec.get("volumes") or ():
            try:
                await self._prepare(pod, volume, place, None if group is None else int(group))
            except OSError as error:
                raise NotReady(f"volume {volume['name']}: {error.strerror}: {error.filename}") from error
            except errors.ApiError as error:
                raise NotReady(f"volume {volume['name']}: {error.message}") from error
            except fields.FieldUnknown as error:
                raise NotReady(f"volume {volume['name']}: {error}") from error

    async def _prepare(self, pod: objects.Pod, volume: JSON, place: fields.Place, group: int | None) -> None:
        kind = kinds.kind_of(volume)
        if kind == "hostPath":
            kinds.check_host_path(volume)
            return
        path = kinds.path_of(self.folder(pod.uid), volume)
        if kind == "emptyDir":
            kinds.make_folder(path, volume, group)
            return
        supplies = await self._supplies(pod, volume, place)
        made = payloads.files(pod, volume, supplies)
        kinds.make_folder(path, volume, group)
        atomic.write(path, made, group=group)

    async def _supplies(self, pod: objects.Pod, volume: JSON, place: fields.Place) -> payloads.Supplies:
        wanted = payloads.references(volume)
        held = await asyncio.gather(
            *(self.source.get((each.kind, pod.namespace, each.name), pod.uid) for each in wanted)
        )
        found: dict[Reference, JSON | None] = dict(zip(wanted, held, strict=True))
        tokens = {each: await self.tokens.get(pod, each) for each in payloads.token_requests(volume)}
        return payloads.Supplies(place, found, tokens)

    def mounts(self, pod: objects.Pod, container: JSON, environment: dict[str, str]) -> list[Mount]:
        """The mounts of one container; raises NotReady. Volumes must have been prepared."""
        volumes = {each["name"]: each for each in pod.spec.get("volumes") or ()}
        made = []
        for index, wanted in enumerate(container.get("volumeMounts") or ()):
            source = kinds.path_of(self.folder(pod.uid), volumes[wanted["name"]])
            if relative := _sub_path(wanted, environment):
                target = self.folder(pod.uid) / "volume-subpaths" / wanted["name"] / container["name"] / str(index)
                subpaths.bind(source, relative, target)
                source = target
            made.append(
                Mount(
                    str(source),
                    wanted["mountPath"],
                    read_only=bool(wanted.get("readOnly")),
                    propagation=PROPAGATION[wanted.get("mountPropagation") or "None"],
                )
            )
        return made

    def write_pod_file(self, uid: str, name: str, text: str) -> pathlib.Path:
        """A file of the pod itself, such as its etc-hosts; written in place, because it may be mounted already."""
        path = self.folder(uid) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            path.chmod(0o644)
        return path

    def termination_log(self, uid: str, container: str, attempt: int) -> pathlib.Path:
        """The file in which a container leaves its last words."""
        path = self.termination_path(uid, container, attempt)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        path.chmod(0o666)
        return path

    def termination_path(self, uid: str, container: str, attempt: int) -> pathlib.Path:
        return self.folder(uid) / "containers" / container / short_hash(f"{container}/{attempt}")

    def release(self, uid: str) -> None:
        """Stop following the pod's objects and tokens; its files stay."""
        self.source.done(uid)
        self.tokens.forget(uid)

    def remove(self, uid: str) -> None:
        """Unmount and delete everything of the pod; raises OSError where something is still in use."""
        self.release(uid)
        folder = self.folder(uid)
        while points := mounts.mounted_below(folder):  # again: mounts may lie on one another
            for point in points:
                mounts.unmount(point)
        if folder.exists():
            shutil.rmtree(folder)


def _sub_path(wanted: JSON, environment: dict[str, str]) -> str:
    if told := wanted.get("subPathExpr"):
        if unknown := expansion.unknown_names(told, environment):
            raise NotReady(f"subPathExpr {told!r} refers to unknown variable {unknown[0]}")
        expanded = expansion.expand(told, environment)
        subpaths.check(expanded)
        return expanded
    return str(wanted.get("subPath") or "")
