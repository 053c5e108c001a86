"""`kubectl version`: ours and the server's."""

import platform
from typing import Any

from pyk3s import version
from pyk3s.kubectl.arguments import SWITCH, Flag
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.errors import CommandError, no_more_words
from pyk3s.kubectl.printing import json_text, yaml_text

JSON = dict[str, Any]
FLAGS = (Flag("client", "", SWITCH, text="Only ours"), Flag("output", "o", text="yaml or json"))
MOST_SKEW = 1  # minor versions between kubectl and a server that are supported


async def run(call: Call) -> int:
    no_more_words(call.words, call.path)
    output = call.flags.text("output")
    if output not in ("", "yaml", "json"):
        raise CommandError("--output must be 'yaml' or 'json'")
    found: JSON = {"clientVersion": _ours()}
    if not call.flags.on("client"):
        found["serverVersion"] = await call.context.server.get("/version")
    if output:
        call.context.out.write(json_text.dump(found) if output == "json" else yaml_text.dump(found))
        return 0
    call.context.say(f"Client Version: {found['clientVersion']['gitVersion']}")
    if "serverVersion" in found:
        call.context.say(f"Server Version: {found['serverVersion']['gitVersion']}")
        if skew := _skew(found):
            call.context.complain(f"WARNING: {skew}")
    return 0


def _ours() -> JSON:
    major, minor, _ = version.KUBERNETES.removeprefix("v").split(".")
    return {
        "major": major,
        "minor": minor,
        "gitVersion": version.GIT_VERSION,
        "gitCommit": version.COMMIT,
        "platform": f"linux/{platform.machine()}",
    }


def _skew(found: JSON) -> str:
    """What to say where the versions are too far apart."""
    ours, theirs = (found[side]["minor"].rstrip("+") for side in ("clientVersion", "serverVersion"))
    if not theirs.isdecimal() or abs(int(ours) - int(theirs)) <= MOST_SKEW:
        return ""
    return (
        f"version difference between client (1.{ours}) and server (1.{theirs}) exceeds the supported minor version "
        f"skew of +/-{MOST_SKEW}"
    )


COMMAND = Command("", "Print the client and server version information", FLAGS, run)
