"""Runs an unmodified kubectl of one version against a control plane, in one namespace."""

import json
import os
import pathlib
import subprocess
from typing import Any

import control_plane

LIMIT_S = 60
MANIFESTS = pathlib.Path(__file__).parent / "manifests"


class Kubectl:
    """Call it with kubectl's words; it gives what kubectl says, and fails if kubectl does."""

    def __init__(self, program: str, plane: control_plane.ControlPlane, namespace: str):
        self.program, self.plane, self.namespace = program, plane, namespace
        # Each version keeps its own cache: what another one found must not help it.
        cache = plane.folder / "cache" / pathlib.Path(program).name
        self._words = [program, "--cache-dir", str(cache), "--namespace", namespace]

    def run(self, *words: str, feed: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*self._words, *words],
            input=feed,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            env=self.plane.environment | environment,
        )

    def __call__(self, *words: str, feed: str = "", **environment: str) -> str:
        """Standard output of a kubectl that ended well."""
        done = self.run(*words, feed=feed, **environment)
        if done.returncode:
            raise AssertionError(f"kubectl {' '.join(words)} ended with {done.returncode}: {done.stderr}{done.stdout}")
        return done.stdout

    def refusal(self, *words: str, feed: str = "") -> str:
        """Standard error of a kubectl that ended badly."""
        done = self.run(*words, feed=feed)
        if not done.returncode:
            raise AssertionError(f"kubectl {' '.join(words)} was not refused: {done.stdout}")
        return done.stderr

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "-o", "json"))

    def value(self, *words: str, path: str) -> str:
        """One value of an object, by JSONPath."""
        return self("get", *words, "-o", f"jsonpath={{{path}}}")

    def names(self, *words: str) -> list[str]:
        """kind/name of each object that `get` finds."""
        return self("get", *words, "-o", "name").split()

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """A kubectl that goes on; its standard output is a pipe. The caller ends it."""
        return subprocess.Popen(
            [*self._words, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.plane.environment,
        )

    @staticmethod
    def manifest(name: str) -> str:
        return os.fspath(MANIFESTS / name)
