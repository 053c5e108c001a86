"""Runs the same words with the machine's kubectl and with the built-in one, each in a namespace of its own.

What cannot be the same is masked: ages, times, versions, UIDs, addresses, the name of the namespace and of the program.
"""

import difflib
import io
import os
import pathlib
import re
import shlex
import subprocess
from typing import NamedTuple

import control_plane

from pyk3s.kubectl import main

LIMIT_S = 60
MANIFESTS = pathlib.Path(__file__).parent / "manifests"
MASKS = (
    (r"\n *creationTimestamp: null", ""),  # the newest kubectl leaves it out, older ones do not
    (r"(?m)^[EWIF]\d{4} .*\n", ""),  # log lines of kubectl itself
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
    (r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", "TIME"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UID"),
    (r'(resourceVersion"?\\?"?: *\\?"?)\d+', r"\1N"),
    (r"10\.43\.\d+\.\d+", "ADDRESS"),
    (r"(?<![\w.:/-])(<unknown>|(\d+[dhms])+)(?![\w.:/-])", "AGE"),
    (r"AGE *", "AGE "),
    (r" *ADDRESS *| *CLUSTER-IP *", " ADDRESS "),
    (r"kubectl\.1\.\d+", "kubectl"),
    (r" +\n", "\n"),
)


class Said(NamedTuple):
    """How one kubectl ended."""

    status: int
    output: str
    errors: str


class Both:
    """Two kubectls, two namespaces, one server."""

    def __init__(self, program: str, plane: control_plane.ControlPlane, theirs: str, ours: str, folder: pathlib.Path):
        self._program, self._plane, self._folder = program, plane, folder
        self._theirs, self._ours = theirs, ours

    def prepare(self, *words: str) -> None:
        """Do something in both namespaces with the machine's kubectl, which must end well."""
        for namespace in (self._theirs, self._ours):
            done = self._machine(namespace, [word.replace("{namespace}", namespace) for word in words], None)
            assert done.returncode == 0, done.stderr

    def differences(self, line: str) -> str:
        """What the two say differently about a line of a scenario: `WORDS` or `WORDS <<< INPUT`; nothing if they agree.

        A line that begins with `~` is compared in its status and standard output alone.
        """
        loose = line.startswith("~")
        line = line.removeprefix("~").strip().replace("{manifests}", str(MANIFESTS))
        (theirs, their_feed), (ours, our_feed) = (self._told(line, each) for each in (self._theirs, self._ours))
        done = self._machine(self._theirs, theirs, their_feed)
        wanted = self._masked(self._theirs, Said(done.returncode, done.stdout.decode(), done.stderr.decode()))
        given = self._masked(self._ours, self._builtin(ours, our_feed))
        if loose:
            wanted, given = wanted._replace(errors=""), given._replace(errors="")
        if wanted == given:
            return ""
        told = [f"{line}: status {wanted.status}, ours {given.status}"]
        for before, after in ((wanted.output, given.output), (wanted.errors, given.errors)):
            told += difflib.unified_diff(before.split("\n"), after.split("\n"), "kubectl", "built-in", lineterm="", n=1)
        return "\n".join(told)

    @staticmethod
    def _told(line: str, namespace: str) -> tuple[list[str], bytes]:
        """Words and input of a line, for one of the namespaces."""
        words, _, feed = line.replace("{namespace}", namespace).partition(" <<< ")
        return shlex.split(words), feed.encode()

    def _machine(self, namespace: str, words: list[str], feed: bytes | None) -> "subprocess.CompletedProcess[bytes]":
        command = [self._program, f"--cache-dir={self._folder}/cache", f"--namespace={namespace}", *words]
        environment = self._plane.environment | {"KUBE_EDITOR": os.environ.get("KUBE_EDITOR", "true")}
        return subprocess.run(command, input=feed, capture_output=True, timeout=LIMIT_S, env=environment)

    def _builtin(self, words: list[str], feed: bytes) -> Said:
        out, err = io.StringIO(), io.StringIO()
        command = [f"--namespace={self._ours}", *words]
        status = main.run(command, out, err, io.BytesIO(feed), self._plane.environment | {"KUBE_EDITOR": "true"})
        return Said(status, out.getvalue(), err.getvalue())

    @staticmethod
    def _masked(namespace: str, said: Said) -> Said:
        def mask(text: str) -> str:
            text = text.replace(namespace, "NAMESPACE")
            for pattern, instead in MASKS:
                text = re.sub(pattern, instead, text)
            return text

        return Said(said.status, mask(said.output), mask(said.errors))
