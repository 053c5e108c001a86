"""`kubectl cordon`: nodes take no new pods."""

from pyk3s.kubectl import cordoning
from pyk3s.kubectl.command import Call, Command


async def run(call: Call) -> int:
    for node in await cordoning.nodes(call):
        await cordoning.mark(call, node, unschedulable=True)
    return 0


COMMAND = Command("NODE", "Mark node as unschedulable", cordoning.FLAGS, run)
