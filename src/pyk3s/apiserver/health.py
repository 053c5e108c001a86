"""Health and version endpoints."""

import platform
from typing import Any

from pyk3s.api import status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import rendering
from pyk3s.wire.http import messages

PATHS = frozenset(("/healthz", "/livez", "/readyz"))
CHECKS = ("ping", "log", "etcd", "informer-sync", "poststarthook/start-apiserver-admission-initializer")


class Health:
    """Answers probes. `ready` is false while the server starts and while it shuts down."""

    def __init__(self, version: str, commit: str):
        self.ready = False
        self._version, self._commit = version, commit

    def serves(self, path: str) -> bool:
        return path.startswith(("/healthz", "/livez", "/readyz"))

    def answer(self, call: calls.Call) -> messages.Response:
        """The probe's answer: `ok`, one line per check for `?verbose`, 503 while not ready."""
        root, _, check = call.route.path.lstrip("/").partition("/")
        if f"/{root}" not in PATHS or (check and check not in CHECKS):
            return rendering.text(404, "404 page not found\n")
        healthy = self.ready or root == "livez"
        if healthy and "verbose" not in call.query:
            return rendering.text(200, "ok")
        excluded = call.query.get("exclude", ())
        lines = "".join(f"[+]{name} {'excluded: ' if name in excluded else ''}ok\n" for name in CHECKS)
        if healthy:
            return rendering.text(200, f"{lines}{root} check passed\n")
        return rendering.text(500, f"{lines}[-]startup failed: reason withheld\n{root} check failed\n")

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


def _architecture() -> str:
    machine = platform.machine()
    return {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}.get(machine, machine)


def unavailable() -> status.StatusError:
    """503 while the server is not ready to take requests."""
    return status.StatusError(503, "ServiceUnavailable", "the server is starting or shutting down", {})
