"""`kubectl api-versions`: the group versions of the server."""

from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.errors import no_more_words


async def run(call: Call) -> int:
    no_more_words(call.words, call.path)
    for version in sorted({each.api_version for each in (await call.context.discovery()).resources}):
        call.context.say(version)
    return 0


COMMAND = Command("", 'Print the supported API versions on the server, in the form of "group/version"', (), run)
