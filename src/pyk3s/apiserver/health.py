"""Health and version endpoints."""

import json
import platform
from typing import Any

from pyk3s.api import status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import rendering
from pyk3s.datastore import contract
from pyk3s.wire.http import messages

_EVERYWHERE = ("ping", "log", "etcd")
_READY = ("etcd-readiness", "informer-sync")
_HOOKS = ("poststarthook/start-apiserver-admission-initializer",)
CHECKS = {
    "healthz": (*_EVERYWHERE, *_HOOKS),
    "livez": (*_EVERYWHERE, *_HOOKS),
    "readyz": (*_EVERYWHERE, *_READY, *_HOOKS, "shutdown"),
}
"""By probe. What is not looked at below holds from the moment at which the server listens."""
_WRITES = frozenset(("etcd", "etcd-readiness"))


class Health:
    """Answers probes. `ready` is false while the server starts and while it shuts down."""

    def __init__(self, version: str, commit: str, datastore: contract.Datastore):
        self.ready = False
        self._version, self._commit, self._datastore = version, commit, datastore

    def serves(self, path: str) -> bool:
        return path.startswith(tuple(f"/{probe}" for probe in CHECKS))

    async def answer(self, call: calls.Call) -> messages.Response:
        """The probe's answer: `ok`, one line per check for `?verbose`, 500 and those lines if one fails."""
        probe, _, check = call.route.path.strip("/").partition("/")
        known = CHECKS.get(probe, ())
        if check:
            return await self._one(check) if check in known else _missing()
        if not known:
            return _missing()
        excluded = call.query.get("exclude", ())
        wrong = {name: why for name in known if name not in excluded and (why := await self._fault(name))}
        lines = [_line(name, failed=name in wrong, excluded=name in excluded) for name in known]
        if unknown := sorted(set(excluded).difference(known)):
            listed = ", ".join(map(_quoted, unknown))
            lines.append(f"warn: some health checks cannot be excluded: no matches for {listed}\n")
        if wrong:
            return rendering.text(500, f"{''.join(lines)}{probe} check failed\n")
        if "verbose" not in call.query:
            return rendering.text(200, "ok")
        return rendering.text(200, f"{''.join(lines)}{probe} check passed\n")

    async def _one(self, check: str) -> messages.Response:
        why = await self._fault(check)
        return rendering.text(500, f"internal server error: {why}\n") if why else rendering.text(200, "ok")

    async def _fault(self, check: str) -> str:
        """Why a check fails; empty if it does not."""
        if check in _WRITES:
            try:
                await self._datastore.check()
            except contract.Unavailable as error:
                return str(error)
        return "the server is starting or shutting down" if check == "shutdown" and not self.ready else ""

    def version(self) -> dict[str, Any]:
        """The body of /version."""
        major, minor = self._version.lstrip("v").split(".")[:2]
        return {
            "major": major,
            "minor": minor,
            "emulationMajor": major,
            "emulationMinor": minor,
            "minCompatibilityMajor": major,
            "minCompatibilityMinor": str(int(minor) - 1),
            "gitVersion": self._version,
            "gitCommit": self._commit,
            "gitTreeState": "",
            "buildDate": "1970-01-01T00:00:00Z",
            "goVersion": f"python{platform.python_version()}",
            "compiler": platform.python_implementation().lower(),
            "platform": f"linux/{_architecture()}",
        }


def _line(name: str, *, failed: bool, excluded: bool) -> str:
    if failed:
        return f"[-]{name} failed: reason withheld\n"
    return f"[+]{name} {'excluded: ' if excluded else ''}ok\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _missing() -> messages.Response:
    return rendering.text(404, "404 page not found\n")


def _architecture() -> str:
    machine = platform.machine()
    return {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}.get(machine, machine)


def unavailable() -> status.StatusError:
    """503 while the server is not ready to take requests."""
    return status.StatusError(503, "ServiceUnavailable", "the server is starting or shutting down", {})
